"""Reproduction cards and the runs behind them as tables, for a notebook."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cbsn_pipeline.pipelines.compare.layout import METRIC_NAMES, NOT_KNOWN
from cbsn_pipeline.pipelines.compare.options import LETTERS, MIN_RUNS
from cbsn_pipeline.pipelines.compare.score_files import (
    VERSIONED_CARD,
    find_file,
    read_json,
)
from cbsn_pipeline.pipelines.compare.tracked_runs import is_run_id, parse_versions

if TYPE_CHECKING:
    from mlflow.entities import Run

REPORTS = Path("data/08_reporting")
VERSIONS = "reproduction_card"  # name in the tag that lists what a run saved
SCORES = "validation/denoised/"  # metrics of a run that scored
MS_PER_SECOND = 1000

Card = dict[str, Any]


def find_cards(entries: list[str], runs: list["Run"], project: Path) -> list[Path]:
    """Find the cards of some entries, or the two newest without any.

    Args:
        entries: Ids of runs of ``reproduce``, or paths of cards or their folders.
        runs: Tracked runs, to look ids up in.
        project: Folder of the project.

    Returns:
        Paths of cards, relative to the project where they are in it; those found
        without entries oldest first.

    Raises:
        ValueError: Not two entries, one that leads to no card, or no two cards.
    """
    if not entries:
        return _newest_cards(project)
    if len(entries) != MIN_RUNS:
        raise ValueError(
            f"{len(entries)} runs are named, {entries}; expected two, or none for the "
            "two newest. kedro run --pipelines=compare takes more."
        )
    known = {run.info.run_id: run for run in runs}
    cards = [
        _card_of(known.get(entry), entry, project)
        if is_run_id(entry)
        else find_file((project / entry).absolute())
        for entry in entries
    ]
    return [_relative(card, project) for card in cards]


def read_cards(paths: list[Path], project: Path) -> list[Card]:
    """Read cards.

    Args:
        paths: Of the cards; relative ones are relative to the project.
        project: Folder of the project.

    Raises:
        ValueError: One is not JSON, or is no card.
    """
    cards = []
    for path in paths:
        card = read_json(project / path)
        missing = [key for key in ("methods", "seeds", "claim") if key not in card]
        if missing:
            raise ValueError(
                f"{path} lacks {', '.join(missing)}: expected the "
                f"{VERSIONED_CARD} that kedro run --pipelines=reproduce writes. Is "
                "this the card of another version?"
            )
        cards.append(card)
    return cards


def run_of(card: Path, runs: list["Run"]) -> "Run | None":
    """Find the tracked run that wrote a card; None if it was not tracked here."""
    return next((run for run in runs if _version_of(run) == card.parent.name), None)


def tabulate_cards(cards: list[Card]) -> pd.DataFrame:
    """Set cards side by side, a column each: A, B, ...

    Args:
        cards: As ``reproduce`` wrote them.

    Returns:
        One row per fact, all as text.
    """
    return pd.DataFrame(
        {letter: _facts(card) for letter, card in zip(LETTERS, cards, strict=False)}
    ).fillna("")


def tabulate_options(cards: list[Card]) -> pd.DataFrame:
    """Set the options of the trainings side by side: those that differ, the seed too.

    Args:
        cards: As ``reproduce`` wrote them.

    Returns:
        One row per option, a column per card; empty where all are the same.
    """
    options = [
        _flatten({"seed": card["seed"], **card["training_options"]}) for card in cards
    ]
    names = list(dict.fromkeys(name for chosen in options for name in chosen))
    columns = {
        letter: [str(chosen.get(name, "not known")) for name in names]
        for letter, chosen in zip(LETTERS, options, strict=False)
    }
    return _that_differ(pd.DataFrame(columns, index=names))


def tabulate_runs(runs: list["Run"]) -> pd.DataFrame:
    """List runs: when, how they ended, the parameters that differ, their scores.

    Args:
        runs: Of MLflow.

    Returns:
        One row per run, in the order given; the index is the run's id.
    """
    ids = pd.Index([run.info.run_id for run in runs], name="run")
    params = pd.DataFrame([run.data.params for run in runs], index=ids).fillna("")
    known = {
        "started (UTC)": [_time_of(run) for run in runs],
        "status": [run.info.status for run in runs],
        "environment": [run.data.tags.get("environment", "") for run in runs],
        # without the reasons: they are on the card
        "verdict": [run.data.tags.get("verdict", "").split(":")[0] for run in runs],
    }
    scores = {
        name: [_format(metric, run.data.metrics.get(SCORES + metric)) for run in runs]
        for metric, name in METRIC_NAMES.items()
    }
    return pd.concat(
        [
            pd.DataFrame(known, index=ids),
            _that_differ(params.T).T,
            pd.DataFrame(scores, index=ids),
        ],
        axis=1,
    )


def _newest_cards(project: Path) -> list[Path]:
    pattern = f"*/{VERSIONED_CARD}/*/{VERSIONED_CARD}"
    cards = sorted((project / REPORTS).glob(pattern), key=lambda card: card.parent.name)
    if len(cards) < MIN_RUNS:
        raise ValueError(
            f"{project / REPORTS} holds {len(cards)} reproduction cards, two are to be "
            "compared. Make them with kedro run --pipelines=reproduce, once with "
            "--params train.seed=0 and once with train.seed=1, or name cards that lie "
            "elsewhere."
        )
    return [_relative(card, project) for card in cards[-MIN_RUNS:]]


def _card_of(run: "Run | None", run_id: str, project: Path) -> Path:
    version = _version_of(run) if run else None
    pattern = f"*/{VERSIONED_CARD}/{version}/{VERSIONED_CARD}"
    found = sorted((project / REPORTS).glob(pattern)) if version else []
    if not found:
        why = "MLflow does not know the run"
        if run:
            why = "the run wrote no card"
        if version:
            why = f"its card of version {version} is not below {project / REPORTS}"
        raise ValueError(
            f"Run {run_id} leads to no reproduction card: {why}. Expected a run of "
            "kedro run --pipelines=reproduce in this project; the path of a card will "
            "do as well."
        )
    return found[0]


def _version_of(run: "Run") -> str | None:
    return parse_versions(run.data.tags.get("versions", "")).get(VERSIONS)


def _relative(card: Path, project: Path) -> Path:
    inside = card.is_relative_to(project.absolute())
    return card.relative_to(project.absolute()) if inside else card


def _facts(card: Card) -> dict[str, str]:
    ours, claim, seeds = card["methods"]["denoised"], card["claim"], card["seeds"]
    scores = {
        name: _format(metric, ours[metric]) for metric, name in METRIC_NAMES.items()
    }
    others = {
        f"PSNR dB of {other['label']}": f"{other['psnr_db']:.2f}"
        for method, other in card["methods"].items()
        if method != "denoised"
    }
    band, spread = claim["band_db"], seeds["standard_deviation_db"]
    of_seeds = "one seed"
    if spread is not None:
        of_seeds = f"{len(seeds['psnr_db'])} seeds, standard deviation {spread:.2f}"
    return {
        "card": card["label"],
        "verdict": card["verdict"],
        "band dB": f"{band[0]:g} to {band[1]:g}" if band else "none",
        **scores,
        "PSNR dB, mean of seeds": f"{seeds['mean_db']:.2f} ({of_seeds})",
        **others,
        "trained on": f"{card['data']['kind']}, {card['data']['images']} images",
        "scored blocks trained on": f"{card['scored']['trained_on']} of "
        f"{card['scored']['blocks']}",
        "steps": f"{card['steps']:,}",
        "hours": f"{card['hours']:.2f}",
        "hardware": card["hardware"],
        "commit": str(card["git_commit"])[:12] or "unknown",
    }


def _format(metric: str, value: float | None) -> str:
    if value is None:
        return NOT_KNOWN
    return f"{value:.2f}" if metric == "psnr_db" else f"{value:.4f}"


def _flatten(options: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Name nested options with dots: ``network.channels``."""
    flat: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _that_differ(table: pd.DataFrame) -> pd.DataFrame:
    """The rows whose columns are not all the same."""
    return table[table.nunique(axis=1) > 1]


def _time_of(run: "Run") -> str:
    started = datetime.fromtimestamp(run.info.start_time / MS_PER_SECOND, UTC)
    return f"{started:%Y-%m-%d %H:%M}"
