"""Says what the noise of photographs is like, and what a training must know of it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.noise_diagnosis import (
    CORRELATED,
    MAX_LAG,
    NoiseDiagnosis,
    diagnose_noise,
    independent_from,
)
from cbsn_pipeline.photos.photo import Photo

RELEASED_STRIDE = 5  # of the blind term
CROP = 120  # pixels, as released; a crop is a multiple of both strides
INVARIANCE_STRIDE = 2
MUCH_CLIPPED = 0.05  # of the values
BLOCKING = 1.1
LITTLE = 1.0  # of 255 levels

_MODEL, _EXIF_DIRECTORY, _ISO = 0x0110, 0x8769, 0x8827


class Diagnosed(NamedTuple):
    """A photograph's noise, and what took it."""

    name: str
    camera: str
    """Empty if the file does not say."""
    iso: int | None
    noise: NoiseDiagnosis

    def facts(self) -> dict[str, Any]:
        """Give all of it for JSON."""
        shot = {"photo": self.name, "camera": self.camera, "iso": self.iso}
        return shot | self.noise.facts()


def diagnose_photo(name: str, photo: Photo) -> Diagnosed:
    """Measure the noise of a photograph.

    Args:
        name: Of the photograph, for the report.
        photo: The photograph.

    Raises:
        ValueError: It has too few places that are neither black nor white.
    """
    from PIL import Image

    exif = Image.Exif()
    if photo.metadata.exif:
        exif.load(photo.metadata.exif)
    iso = exif.get_ifd(_EXIF_DIRECTORY).get(_ISO)
    camera = str(exif.get(_MODEL, "")).strip("\0 ")
    known = int(iso) if isinstance(iso, int) else None
    return Diagnosed(name, camera, known, diagnose_noise(photo.rgb))


def group_by_shot(diagnosed: Sequence[Diagnosed]) -> list[dict[str, Any]]:
    """Sum up by camera and ISO: how many, the median level, the longest stride."""
    groups: defaultdict[tuple[str, int | None], list[Diagnosed]] = defaultdict(list)
    for each in diagnosed:
        groups[each.camera, each.iso].append(each)
    return [
        {
            "camera": camera or "not said",
            "iso": iso,
            "photos": len(group),
            "level": float(np.median([each.noise.level for each in group])),
            "stride": needed_stride(group),
        }
        for (camera, iso), group in sorted(
            groups.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        )
    ]


def needed_stride(diagnosed: Sequence[Diagnosed]) -> int | None:
    """Tell from which distance on the noise of most photographs is independent."""
    return independent_from(_median_correlation(diagnosed))


def _median_correlation(diagnosed: Sequence[Diagnosed]) -> NDArray[np.float64]:
    correlations = [each.noise.correlation for each in diagnosed]
    median: NDArray[np.float64] = np.median(correlations, axis=0)
    return median


def advise(diagnosed: Sequence[Diagnosed]) -> list[str]:
    """Say in sentences what to train with, and what to look out for."""
    return [_on_stride(diagnosed), *_on_files(diagnosed)]


def _on_stride(diagnosed: Sequence[Diagnosed]) -> str:
    stride = needed_stride(diagnosed)
    alike = np.abs(_median_correlation(diagnosed)[:, RELEASED_STRIDE - 1]).max()
    at_five = f"correlation {alike:.2f} at a distance of {RELEASED_STRIDE}"
    if stride is None:
        return (
            f"This noise is too long for any stride up to {MAX_LAG} ({at_five}): a "
            "blind spot sees it in its neighbours. Train on photographs that were not "
            "made larger, or on halves of their size."
        )
    if stride <= RELEASED_STRIDE:
        return (
            f"train.blind_stride={RELEASED_STRIDE}, as released, fits: beyond {stride} "
            f"pixels the noise is independent ({at_five})."
        )
    multiple = stride * INVARIANCE_STRIDE
    crop = -(-CROP // multiple) * multiple
    return (
        f"This noise is too long for a stride of {RELEASED_STRIDE} ({at_five}, where "
        f"at most {CORRELATED:g} is wanted): train.blind_stride={stride},"
        f"train.crop_size={crop}."
    )


def _on_files(diagnosed: Sequence[Diagnosed]) -> list[str]:
    """Warn of clipping, JPEG blocks, and of little noise."""

    def names(of: list[Diagnosed]) -> str:
        more = f" and {len(of) - 3} more" if len(of) > 3 else ""  # noqa: PLR2004
        return ", ".join(each.name for each in of[:3]) + more

    found = []
    clipped = [each for each in diagnosed if max(each.noise.clipped) > MUCH_CLIPPED]
    if clipped:
        found.append(
            f"More than {MUCH_CLIPPED:.0%} of the values are black or white in "
            f"{names(clipped)}: there the noise is cut off, and tone may shift."
        )
    if blocky := [each for each in diagnosed if each.noise.blocking > BLOCKING]:
        found.append(
            f"The blocks of JPEG show in {names(blocky)}: use the camera's files of "
            "better quality, or raw files."
        )
    if clean := [each for each in diagnosed if each.noise.level < LITTLE]:
        found.append(
            f"There is hardly any noise (below {LITTLE:g} of 255 levels) in "
            f"{names(clean)}: nothing to learn from, little to remove."
        )
    return found
