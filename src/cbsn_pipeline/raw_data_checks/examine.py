"""Looks at one data set of any kind."""

from collections.abc import Callable

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.raw_data_checks import blocks, dnd, photos, sidd_folder
from cbsn_pipeline.raw_data_checks.examination import (
    Examination,
    Kind,
    Part,
)
from cbsn_pipeline.raw_data_checks.places import unreadable

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
    try:
        return _EXAMINERS[part.kind](part, thorough=thorough, workers=workers)
    except OSError as error:
        return Examination(part, findings=[unreadable(part, error, "")])
    except Exception as error:  # noqa: BLE001 - the other parts are still to be seen
        return Examination(part, findings=[_not_understood(part, error)])


def _not_understood(part: Part, error: Exception) -> Finding:
    return part.finding(
        *("error", "not_understood", ""),
        what=f"Looking at it failed with {type(error).__name__}: {error}.",
        cause="A file in it is broken in a way that the reader does not foresee.",
        remedy="Report it with this line. Ingest will stop at it too.",
    )
