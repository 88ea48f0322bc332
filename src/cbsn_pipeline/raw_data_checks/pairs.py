"""Compares a noisy image with its clean twin."""

import filecmp
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.raw_data_checks.examination import ImageFacts, Part

# Of 160 real pairs of blocks the noisy one reads 2.8 to 15 times the clean one.
SWAPPED_BELOW = 0.8


def compare_pair(
    part: Part,
    noisy: ImageFacts,
    clean: ImageFacts,
    files: tuple[Path, Path] | None = None,
) -> list[Finding]:
    """Compare what was seen of a noisy image with what was seen of its clean twin.

    Args:
        part: What they belong to; the noisy one's name is the place.
        noisy: The one.
        clean: The other.
        files: The files of both, to compare their bytes where nothing was decoded.
    """
    sizes = [(image.height, image.width) for image in (noisy, clean)]
    if sizes[0] != sizes[1]:
        return [
            part.finding(
                *("error", "unequal_sizes", noisy.name),
                what=f"It has {sizes[0][0]}x{sizes[0][1]} pixels, its clean image "
                f"{sizes[1][0]}x{sizes[1][1]}.",
                cause="One of the two was cropped, rotated, or is of another scene.",
                remedy="Unzip or fetch both again.",
            )
        ]
    if noisy.pixels is None:
        same = files is not None and _same_bytes(*files)
    else:
        same = noisy.pixels == clean.pixels
    if same:
        return [
            part.finding(
                *("error", "clean_is_noisy", noisy.name),
                what="Noisy and clean image are the same, pixel for pixel.",
                cause="One was copied over the other.",
                remedy="Fetch both again: the PSNR between them would be infinite.",
            )
        ]
    return []


def check_swapped(
    part: Part, pairs: Sequence[tuple[ImageFacts, ImageFacts]], *, whole: bool = False
) -> list[Finding]:
    """Find pairs whose noisy image is clearly less noisy than its clean one.

    Args:
        part: What they belong to.
        pairs: Noisy and clean, decoded or not.
        whole: Judge all of them together, as one file of blocks is.
    """
    known = [(n, c) for n, c in pairs if n.level is not None and c.level is not None]
    swapped = [(n.name, n.level or 0, c.level or 0) for n, c in known]
    if whole and known:
        noisy_mean, clean_mean = np.mean([pair[1:] for pair in swapped], axis=0)
        swapped = [("", float(noisy_mean), float(clean_mean))]
    return [
        part.finding(
            *("error", "noisy_and_clean_swapped", name),
            what=f"The noisy image has noise of about {noisy:.1f} levels of 255, its "
            f"clean one {clean:.1f}.",
            cause="Their names were swapped.",
            remedy="Fetch both again. Training on clean images would prove nothing.",
        )
        for name, noisy, clean in swapped
        if noisy < SWAPPED_BELOW * clean
    ]


def _same_bytes(one: Path, other: Path) -> bool:
    return filecmp.cmp(one, other, shallow=False)
