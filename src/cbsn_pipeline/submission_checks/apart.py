"""Checks a submission in a process of its own, which a hostile file may take down.

The libraries that read MATLAB's containers crash on some damaged files. A file that
anybody may have written must not end the check without a word: here the process that
reads it dies alone, and that is what the report says.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cbsn_pipeline.datasets.submission_dataset import SubmissionPaths
from cbsn_pipeline.files.isolated import Damaged, call
from cbsn_pipeline.submission_checks.checking import check
from cbsn_pipeline.submission_checks.expected import Expected
from cbsn_pipeline.submission_checks.outcome import Outcome, unreadable
from cbsn_pipeline.submission_checks.report import describe

MEMORY_BYTES = 8 << 30  # of addresses; a whole submission takes less than 1 GiB
SECONDS = 3600.0  # a whole submission takes half a minute


def check_apart(paths: SubmissionPaths, expected: Expected) -> dict[str, Any]:
    """Do what :func:`~.checking.check` does, in another process.

    Args:
        paths: Where the submission is, and where its noisy input may be.
        expected: What it has to be.

    Returns:
        The report; if the process died, with that as its finding.
    """
    named = {name: path and str(path) for name, path in vars(paths).items()}
    try:
        return call(
            check_named,
            paths.path,
            named,
            asdict(expected),
            memory=MEMORY_BYTES,
            seconds=SECONDS,
        )
    except Damaged as damage:
        outcome = Outcome(str(paths.path), expected.grid)
        outcome.findings.append(unreadable(outcome.file, str(damage)))
        return describe(("unknown", outcome))


def check_named(
    _: Path, named: dict[str, str | None], expected: dict[str, Any]
) -> dict[str, Any]:
    """Check a submission whose paths and expectations come as JSON.

    Args:
        named: The fields of :class:`SubmissionPaths`.
        expected: The fields of :class:`Expected`.

    Returns:
        The report.
    """
    paths: dict[str, Any] = {name: path and Path(path) for name, path in named.items()}
    grids = {name: tuple(expected[name]) for name in ("grid", "dnd_grid")}
    return describe(check(SubmissionPaths(**paths), Expected(**expected | grids)))
