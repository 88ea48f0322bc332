"""From a path to the scores of a run, and to the denoiser that made them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCORES = "block_scores.csv"
SUMMARY = "score_summary.json"
LONGEST_PATH = 4096  # bytes, of Linux
CARD, VERSIONED_CARD = "card.json", "reproduction_card.json"


@dataclass(frozen=True)
class Found:
    """What an entry of ``compare.runs`` leads to.

    Attributes:
        label: Its name, for people.
        scores: The file with one row per method and block.
        denoiser: The file of the denoiser; None if it cannot be found.
        no_denoiser: Why not, as a sentence; empty if it was.
        padding: Pixels that were reflected at the edges of a block.
    """

    label: str
    scores: Path
    denoiser: Path | None = None
    no_denoiser: str = ""
    padding: int = 0


def find_by_path(entry: str, project: Path) -> Found:
    """Find scores by the path of their file, its folders, or a card.

    Args:
        entry: A block_scores.csv; the folder of its version; the folder of all its
            versions or of all reports, which mean the newest; a reproduction card.
        project: What a relative path of a denoiser is relative to.

    Raises:
        ValueError: There is no such path, or no scores are there.
    """
    path = Path(entry).absolute()  # folders above it are asked for their names
    if not path.exists():
        raise ValueError(
            f"compare.runs: {entry!r} is neither an MLflow run id (32 hexadecimal "
            f"digits) nor a path that exists; looked for {path}. Is the id "
            "cut short, or the path relative to another folder?"
        )
    path = find_file(path)
    if path.suffix == ".json":
        return _find_by_card(path, project)
    denoiser, reason, padding = _find_denoiser(path, project)
    return Found(_label(path), path, denoiser, reason, padding)


def find_file(path: Path) -> Path:
    """Find scores or a card at or below a path; of several versions the newest.

    Raises:
        ValueError: There is none.
    """
    if path.is_file():
        return path
    for name in (CARD, SCORES, VERSIONED_CARD):
        if (path / name).exists():
            return find_file(path / name)
    versions = sorted(path.glob(f"*/{path.name}"))  # names are times: they sort
    if not versions:
        raise ValueError(
            f"compare.runs: {path} holds no {SCORES} and no card; expected a file, the "
            "folder of its version, or the folder of all versions, as kedro run "
            "--pipelines=validate writes them below data/08_reporting."
        )
    return versions[-1]


def versioned_file(filepath: Path, version: str) -> Path:
    """Where Kedro keeps a version of a file."""
    return filepath / version / filepath.name


def _find_by_card(card: Path, project: Path) -> Found:
    content = read_json(card)
    named = content.get("block_scores")
    if isinstance(named, str) and is_path(named):
        scores = card.parent / named  # an absolute one stays absolute
    else:  # the run that wrote the card wrote these
        scores = versioned_file(card.parents[1].with_name(SCORES), card.parent.name)
    if not scores.exists():
        raise ValueError(
            f"compare.runs: the scores of the card {card} are not there: {scores}. Was "
            "the card moved without them, or data/08_reporting cleaned? Its key "
            "'block_scores' says where they are, relative to the card."
        )
    scores = find_file(scores)
    denoiser, reason, padding = _find_denoiser(scores, project)
    label = str(content.get("label") or _label(scores))
    return Found(label, scores, denoiser, reason, padding)


def _find_denoiser(scores: Path, project: Path) -> tuple[Path | None, str, int]:
    """Ask the summary beside the scores: the denoiser, or why not, and the padding."""
    summary = _summary_of(scores)
    if summary is None:
        return None, f"no {SUMMARY} beside {scores}", 0
    known = read_json(summary).get("denoiser", {})
    named = known.get("file") if isinstance(known, dict) else None
    if not isinstance(named, str) or not is_path(named):
        return None, f"{summary} does not name the file of the denoiser", 0
    denoiser = project / named
    if not denoiser.is_file():
        return None, f"the denoiser that {summary} names is gone: {denoiser}", 0
    padding = known.get("padding", 0)
    return denoiser, "", padding if isinstance(padding, int) else 0


def _summary_of(scores: Path) -> Path | None:
    version = scores.parent.name
    versioned = versioned_file(scores.parents[1].with_name(SUMMARY), version)
    candidates = [scores.with_name(SUMMARY), versioned]
    return next((path for path in candidates if path.is_file()), None)


def is_path(text: str) -> bool:
    """Whether a text can be the path of a file at all: not too long, no zero byte."""
    return bool(text) and "\0" not in text and len(os.fsencode(text)) < LONGEST_PATH


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds a mapping.

    Raises:
        ValueError: It holds something else, or no JSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    # of JSON, of UTF-8, and of brackets without end
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"compare.runs: {path} is not JSON ({error}). Was it cut off or edited?"
        ) from error
    if not isinstance(content, dict):
        raise ValueError(
            f"compare.runs: {path} holds a {type(content).__name__}, expected a "
            "mapping. Is this a reproduction card?"
        )
    return content


def _label(scores: Path) -> str:
    """Name a file by its folders: ``blocks 2026-01-02T...`` where validate wrote it."""
    if scores.name != SCORES:
        return scores.stem
    if scores.parents[1].name == SCORES:
        return f"{scores.parents[2].name} {scores.parent.name}"
    return scores.parent.name
