"""Looks at raw data of every kind and says what is wrong, without stopping at it."""

from collections.abc import Callable

from cbsn_pipeline.datasets.doctor import blocks, dnd, photos, sidd_folder
from cbsn_pipeline.datasets.doctor.across import compare_parts
from cbsn_pipeline.datasets.doctor.parts import (
    Examination,
    Expected,
    ImageFacts,
    Kind,
    Part,
    Role,
    near,
)

__all__ = [
    "Examination",
    "Expected",
    "ImageFacts",
    "Kind",
    "Part",
    "Role",
    "compare_parts",
    "examine",
    "near",
]

_EXAMINERS: dict[Kind, Callable[..., Examination]] = {
    "sidd_medium": sidd_folder.examine,
    "sidd_blocks": blocks.examine,
    "dnd": dnd.examine,
    "photos": photos.examine,
}


def examine(part: Part, *, thorough: bool, workers: int) -> Examination:
    """Look at one data set; what is wrong with it becomes findings, never an error.

    Args:
        part: What and where.
        thorough: Decode every file; if not, names, sizes, headers and structure.
        workers: Threads, fewer where images are large.
    """
    return _EXAMINERS[part.kind](part, thorough=thorough, workers=workers)
