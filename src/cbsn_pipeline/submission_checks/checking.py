"""Chooses the check for a submission, and finds its noisy input."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from kedro.io import DatasetError

from cbsn_pipeline.datasets.submission_dataset import SubmissionPaths
from cbsn_pipeline.formats.text_lines import READ_ERRORS
from cbsn_pipeline.submission_checks.dnd import check_dnd
from cbsn_pipeline.submission_checks.expected import Expected, Kind
from cbsn_pipeline.submission_checks.files import located
from cbsn_pipeline.submission_checks.kaggle import check_kaggle
from cbsn_pipeline.submission_checks.legacy import check_array, check_cell
from cbsn_pipeline.submission_checks.mat_contents import MatContents
from cbsn_pipeline.submission_checks.noisy_input import NoisyBlocks, NoisyCrops
from cbsn_pipeline.submission_checks.outcome import (
    Outcome,
    input_unusable,
    unreadable,
    without_input,
)

Noisy = TypeVar("Noisy")


def check(paths: SubmissionPaths, expected: Expected) -> tuple[str, Outcome]:
    """Check a submission.

    Args:
        paths: Where it is, and where its noisy input may be.
        expected: What it has to be.

    Returns:
        The kind (``unknown`` if that could not be told) and what was found.
    """
    outcome = Outcome(str(paths.path), expected.grid)
    kind = None
    try:
        with located(paths.path, expected.kind) as (kind, found, readable):
            outcome.file = str(found)
            _check_kind(kind, readable, paths, expected, outcome)
    except (DatasetError, *READ_ERRORS) as error:
        outcome.findings.append(unreadable(outcome.file, error))
    return ("unknown", outcome) if kind is None else (kind, outcome.finish())


def _check_kind(
    kind: Kind,
    path: Path,
    paths: SubmissionPaths,
    expected: Expected,
    outcome: Outcome,
) -> None:
    if kind == "dnd":
        outcome.grid = expected.dnd_grid
        size = expected.crop_size
        crops = _open_noisy(
            paths.noisy,
            paths.dnd_noisy,
            lambda folder: NoisyCrops(folder, expected.dnd_grid, size),
            outcome,
        )
        check_dnd(path, outcome, crops, size)
        return
    blocks = _open_noisy(
        paths.noisy,
        paths.sidd_noisy,
        lambda file: NoisyBlocks(file, expected.grid),
        outcome,
    )
    if kind == "kaggle":
        check_kaggle(path, outcome, blocks)
    elif kind == "legacy_cell":
        check_cell(MatContents(path), outcome, blocks)
    else:
        check_array(MatContents(path), outcome, blocks)


def _open_noisy(
    named: Path | None,
    default: Path,
    opener: Callable[[Path], Noisy],
    outcome: Outcome,
) -> Noisy | None:
    path = named or default
    if named is None and not path.exists():
        outcome.findings.append(without_input(outcome.file, path))
        return None
    try:
        noisy = opener(path)
    except (DatasetError, *READ_ERRORS) as error:
        outcome.findings.append(
            input_unusable(outcome.file, path, error, named=named is not None)
        )
        return None
    outcome.noisy = path
    return noisy
