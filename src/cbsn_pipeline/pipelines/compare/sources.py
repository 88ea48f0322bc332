"""The runs that are compared: where their scores and denoisers are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from cbsn_pipeline.pipelines.compare.options import LETTERS, CompareOptions
from cbsn_pipeline.pipelines.compare.score_files import Found, find_by_path
from cbsn_pipeline.pipelines.compare.tracked_runs import find_by_run_id, is_run_id


@dataclass(frozen=True)
class ComparedRun:
    """One of the runs that are compared.

    Attributes:
        letter: What tables and figures call it: A, B, ...
        label: Its name, for people; no two runs share one.
        entry: The entry of ``compare.runs`` that named it.
        scores: The file with one row per method and block.
        denoiser: The file of the denoiser; None if it cannot be found.
        no_denoiser: Why not; empty if it was.
        padding: Pixels that were reflected at the edges of a block.
    """

    letter: str
    label: str
    entry: str
    scores: Path
    denoiser: Path | None = None
    no_denoiser: str = ""
    padding: int = 0


_RUNS = TypeAdapter(list[ComparedRun])


def to_records(runs: list[ComparedRun]) -> list[dict[str, Any]]:
    """Describe runs by plain values, which JSON can hold."""
    records: list[dict[str, Any]] = _RUNS.dump_python(runs, mode="json")
    return records


def from_records(records: list[dict[str, Any]]) -> list[ComparedRun]:
    """Read what :func:`to_records` wrote."""
    return _RUNS.validate_python(records)


def find_runs(options: CompareOptions, project: Path) -> list[ComparedRun]:
    """Find what every entry of ``compare.runs`` stands for.

    Args:
        options: The entries and, perhaps, their labels.
        project: Folder of the project.

    Returns:
        The runs in the order given; the first is what others are compared with.

    Raises:
        ValueError: No entry, or one that leads to no scores.
    """
    if not options.runs:
        raise ValueError(
            "compare.runs names no runs; expected two or more, joined by +, as in "
            "kedro run --pipelines=compare --params compare.runs=A+B. Each is the id "
            "of an MLflow run that validated, the path of a block_scores.csv below "
            "data/08_reporting, or a reproduction card."
        )
    found = [find_run(entry, project) for entry in options.runs]
    labels = _distinct(list(options.labels or [run.label for run in found]))
    return [
        ComparedRun(
            letter=letter,
            label=label,
            entry=entry,
            scores=run.scores,
            denoiser=run.denoiser,
            no_denoiser=run.no_denoiser,
            padding=run.padding,
        )
        for letter, label, entry, run in zip(
            LETTERS, labels, options.runs, found, strict=False
        )
    ]


def find_run(entry: str, project: Path) -> Found:
    """Find the scores and the denoiser of one entry, a run id or a path."""
    if is_run_id(entry):
        return find_by_run_id(entry, project)
    return find_by_path(entry, project)


def _distinct(labels: list[str]) -> list[str]:
    """Add its letter to a label that several runs have.

    >>> _distinct(["sidd", "blocks", "sidd"])
    ['sidd (A)', 'blocks', 'sidd (C)']
    """
    return [
        f"{label} ({letter})" if labels.count(label) > 1 else label
        for label, letter in zip(labels, LETTERS, strict=False)
    ]
