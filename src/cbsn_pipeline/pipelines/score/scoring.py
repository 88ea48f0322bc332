"""Scores pair after pair on all cores; a few pairs are in memory at a time."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.imaging.metrics import score
from cbsn_pipeline.pipelines.score.names import NAMES_LISTED
from cbsn_pipeline.pipelines.score.pairs import ScoredPairs
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.threads import map_in_order, single_threaded_opencv

Record = dict[str, str | int | float]


@dataclass(frozen=True)
class _Refused:
    """A pair that cannot be scored."""

    name: str
    reason: str


def score_all(pairs: ScoredPairs, *, workers: int) -> pd.DataFrame:
    """Score every pair in every convention.

    After the first pair that cannot be scored the others are only looked at, so that
    one error names all of them without the time of scoring.

    Args:
        pairs: Which images.
        workers: Threads.

    Returns:
        One row per pair: image (name of the denoised one), clean (name of the other),
        height, width, depth ("uint8" and so on) and the scores.

    Raises:
        ValueError: Pairs differ in shape or depth, are too small, or are floating
            point beyond [0, 1].
        DatasetError: A file cannot be read.
    """
    refused: list[_Refused] = []

    def score_pair(positions: tuple[int, int]) -> Record | _Refused:
        i, j = positions
        return _score(pairs, i, j, only_look=bool(refused))

    records = []
    found = pairs.pairing.pairs
    with (
        single_threaded_opencv(),
        Progress("Scoring", total=len(found), unit="images") as bar,
    ):
        for result in map_in_order(score_pair, found, workers=workers):
            if isinstance(result, _Refused):
                refused.append(result)
            else:
                records.append(result)
            bar.advance()
    _check_none(refused, len(found))
    return pd.DataFrame.from_records(records)


def _score(pairs: ScoredPairs, i: int, j: int, *, only_look: bool) -> Record | _Refused:
    name = pairs.denoised[i].name
    try:
        denoised, clean = pairs.denoised.read(i), pairs.clean.read(j)
    except (DatasetError, OSError) as error:
        return _Refused(name, str(error).rstrip("."))
    reason = _difference(denoised, clean)
    if reason:
        return _Refused(name, reason)
    described: Record = {
        "image": name,
        "clean": pairs.clean[j].name,
        "height": clean.shape[0],
        "width": clean.shape[1],
        "depth": str(clean.dtype),
    }
    if only_look:
        return described
    try:
        return described | score(denoised, clean)
    except ValueError as error:
        return _Refused(name, str(error))


def _difference(denoised: NDArray[Any], clean: NDArray[Any]) -> str:
    """Say how two images differ in kind; empty if they do not."""
    if denoised.shape != clean.shape:
        return f"denoised is {_size(denoised)} pixels, clean {_size(clean)}"
    if denoised.dtype != clean.dtype:
        return f"denoised is {denoised.dtype}, clean {clean.dtype}"
    return ""


def _size(image: NDArray[Any]) -> str:
    return f"{image.shape[0]}x{image.shape[1]}"


def _check_none(refused: list[_Refused], num_pairs: int) -> None:
    if not refused:
        return
    listed = "; ".join(f"{r.name}: {r.reason}" for r in refused[:NAMES_LISTED])
    more = len(refused) - NAMES_LISTED
    raise ValueError(
        f"{len(refused)} of {num_pairs} pairs cannot be scored: {listed}"
        f"{f'; and {more} more' if more > 0 else ''}. Expected images of the same "
        "height and width (not transposed, cropped or turned by EXIF) and of the same "
        "depth. Nothing was scored."
    )
