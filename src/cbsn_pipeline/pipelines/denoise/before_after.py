"""Crops of photographs before and after, one pixel per pixel."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.imaging.quantise import as_scored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Image = NDArray[np.uint8]  # (H, W, 3), 0..255

SIGMAS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)  # of the blurs that the best is of
CROP = 224  # pixels; four columns fit a page
COARSE = 4  # one row and column of so many is looked at to choose the places


class Comparison(NamedTuple):
    """The same crop of one photograph at several stages."""

    title: str
    panels: Mapping[str, Image]
    """By caption, each (S, S, 3)."""


def compare_crops(name: str, stages: Mapping[str, NDArray[Any]]) -> list[Comparison]:
    """Cut the most detailed, the most coloured and the noisiest place out of a photo.

    Args:
        name: Of the photograph.
        stages: By caption, all (H, W, 3) of one size: ``noisy`` and ``denoised`` at
            least; where ``clean`` is known, captions give the PSNR of the whole.

    Returns:
        One to three rows: a small photograph has fewer places, and one of less than a
        crop is shown whole.
    """
    scored = {caption: as_scored(image) for caption, image in stages.items()}
    clean = scored.get("clean")
    captions = {
        caption: caption
        if clean is None or caption == "clean"
        else f"{caption}, {psnr(image, clean):.2f} dB"
        for caption, image in scored.items()
    }
    places = choose_places(scored["noisy"], scored["denoised"])
    return [
        Comparison(
            f"{name}: {what}",
            {captions[stage]: image[place] for stage, image in scored.items()},
        )
        for what, place in places.items()
    ]


def choose_places(noisy: Image, denoised: Image) -> dict[str, tuple[slice, slice]]:
    """Choose up to three places that tell most; no two are the same.

    Args:
        noisy: The photograph.
        denoised: What was made of it, of the same size.

    Returns:
        Rows and columns of squares, by what there is to see.
    """
    height, width = noisy.shape[:2]
    size = min(CROP, height, width)
    squares = [
        (slice(top, top + size), slice(left, left + size))
        for top in _starts(height, size)
        for left in _starts(width, size)
    ]
    chosen: dict[str, tuple[slice, slice]] = {}
    for what, measure in _MEASURES.items():
        free = [square for square in squares if square not in chosen.values()]
        if not free:
            break
        chosen[what] = max(free, key=lambda at: measure(noisy[at], denoised[at]))
    return chosen


def find_clean(photo: Path) -> Path | None:
    """Find the clean twin of a photograph that is named as SIDD names its pairs."""
    twin = photo.with_name(photo.name.replace("NOISY", "GT"))
    return twin if twin != photo and twin.is_file() else None


def find_best_blur(noisy: NDArray[Any], clean: NDArray[Any]) -> Image:
    """Blur a photograph by the sigma that is best on its truth: a bar to pass.

    Args:
        noisy: (H, W, 3), uint8 or uint16.
        clean: The same without noise.
    """
    from cbsn_pipeline.imaging.baselines import gaussian_blur

    before, truth = as_scored(noisy), as_scored(clean)
    blurs = (gaussian_blur(before, sigma) for sigma in SIGMAS)
    return max(blurs, key=lambda blur: psnr(blur, truth))


def draw_comparisons(comparisons: list[Comparison]) -> "Figure":
    """Draw one row per crop; without any, a line that says so."""
    from cbsn_pipeline.panels import PanelRow, draw_panels

    rows = [PanelRow(title, dict(panels)) for title, panels in comparisons]
    lines = [] if rows else ["No photograph could be denoised."]
    return draw_panels(_of_one_size(rows), lines)


def _of_one_size(rows: "list[Any]") -> "list[Any]":
    """Pad small crops with white to the size of the largest."""
    sizes = [next(iter(row.panels.values())).shape[0] for row in rows]
    for row, size in zip(rows, sizes, strict=True):
        more = max(sizes) - size
        for caption, image in row.panels.items():
            edges = ((0, more), (0, more), (0, 0))
            row.panels[caption] = np.pad(image, edges, constant_values=255)
    return rows


def _starts(side: int, size: int) -> list[int]:
    """Where squares begin: side by side, from the middle outwards."""
    count = side // size
    first = (side - count * size) // 2
    return [first + number * size for number in range(count)]


def _detail(_: Image, denoised: Image) -> float:
    luma = denoised.astype(np.float32).mean(2)
    return float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma)).mean())


def _colour(_: Image, denoised: Image) -> float:
    thin = denoised[::COARSE, ::COARSE].astype(np.float32)
    return float((thin.max(2) - thin.min(2)).mean())


def _noise(noisy: Image, denoised: Image) -> float:
    return float(np.abs(noisy.astype(np.float32) - denoised).mean())


_MEASURES = {"most detail": _detail, "most colour": _colour, "most noise": _noise}
