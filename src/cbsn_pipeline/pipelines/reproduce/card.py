"""The reproduction card: what was claimed, what was done, what came out."""

import json
import logging
import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from kedro.io import DatasetError

from cbsn_pipeline.datasets.versions_dataset import SavedVersion
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.score_table import HEADINGS, show
from cbsn_pipeline.training.options import TrainOptions

logger = logging.getLogger(__name__)

Card = dict[str, Any]

SECONDS_PER_HOUR = 3600
PLOTS = "<!-- plots -->"  # where the page has room for them
CARD_METRICS = tuple(name for name in HEADINGS if name != "gain_db")
# Of the released schedule; averaged weights are a row besides.
OWN_CHOICES = {"seed", "precision", "ema_decay"}
# What two cards must share to be seeds of one experiment.
SAME_EXPERIMENT = ("protocol", "data", "scored", "training_options", "git_commit")


def judge(psnr_db: float, obstacles: list[str], options: ReproduceOptions) -> str:
    """Say whether a PSNR lies in the protocol's band.

    Args:
        psnr_db: Of the last state, mean over the blocks.
        obstacles: Why the band does not apply, if so.
        options: The band.

    Returns:
        ``inside``, ``below`` or ``above`` the band, or ``no verdict`` and why.
    """
    if options.band_db is None:
        obstacles = [*obstacles, "the protocol has no band"]
    if obstacles or options.band_db is None:
        return f"no verdict: {'; '.join(obstacles)}"
    low, high = options.band_db
    if not math.isfinite(psnr_db) or psnr_db < low:
        return "below"
    return "above" if psnr_db > high else "inside"


def find_obstacles(card: Card, options: ReproduceOptions) -> list[str]:
    """Say what of the protocol was not kept.

    Args:
        card: Data, dagger, scored set and training options are read.
        options: What the protocol demands.
    """
    obstacles = []
    kind = card["data"]["kind"]
    if kind != options.trained_on:
        obstacles.append(f"trained on {kind}, not on {options.trained_on}")
    if card["scored"]["dagger"] != options.dagger:
        demanded = "dagger" if options.dagger else "no scored image trained on"
        obstacles.append(
            f"{_trained_on(card['scored'])}; the protocol demands {demanded}"
        )
    if not card["scored"]["whole_set"]:
        obstacles.append("part of the official set was scored")
    scenes = card["data"].get("scored_scenes", [])
    if scenes and not options.dagger:
        obstacles.append(
            f"{len(scenes)} scene instances of the validation set were trained on, "
            f"{scenes[0]} first"
        )
    steps = card["training_options"]["steps"]
    if options.steps is not None and steps != options.steps:
        obstacles.append(f"{steps} steps, the band is for {options.steps}")
    if options.steps is not None and options.paper_psnr_db is not None:
        obstacles += _departures(card["training_options"])
    return obstacles


def _departures(trained: dict[str, Any]) -> list[str]:
    """What a training did otherwise than the released one, that scores depend on."""
    released = TrainOptions().resumable()
    names = [name for name in released if name in trained and name not in OWN_CHOICES]
    return [
        f"{name} {trained[name]}, the released schedule has {released[name]}"
        for name in names
        if trained[name] != released[name]
    ]


def finished_seeds(card: Card, earlier: list[Card]) -> set[int]:
    """Seeds of the same experiment that have a card."""
    return {other["seed"] for other in earlier if _same_experiment(other, card)}


def _same_experiment(other: Card, card: Card) -> bool:
    return all(other.get(key) == card[key] for key in SAME_EXPERIMENT)


def with_seeds(card: Card, earlier: list[Card]) -> Card:
    """Add mean and spread over this card and the earlier ones of other seeds.

    Args:
        card: This run's.
        earlier: Cards of earlier runs, oldest first; those of another experiment are
            passed over, and of one seed the newest counts.
    """
    chosen = {
        other["seed"]: other["psnr_db"]
        for other in earlier
        if _same_experiment(other, card)
    }
    chosen[card["seed"]] = card["psnr_db"]
    values = list(chosen.values())
    return card | {
        "seeds": {
            "psnr_db": {str(seed): chosen[seed] for seed in sorted(chosen)},
            "mean_db": fmean(values),
            "standard_deviation_db": stdev(values) if len(values) > 1 else None,
        }
    }


def metrics_and_tags(card: Card) -> tuple[dict[str, float], dict[str, str]]:
    """Name what a tracked run is found by: its PSNR, if known, protocol and verdict."""
    psnr_db = card["psnr_db"]
    metrics = {} if psnr_db is None else {"reproduction/psnr_db": psnr_db}
    return metrics, {"protocol": card["protocol"], "verdict": card["verdict"]}


def read_cards(saved: list[SavedVersion]) -> list[Card]:
    """Read the cards of earlier runs, oldest first.

    Args:
        saved: All versions of the card. One that cannot be read is named in the log
            and passed over.
    """
    cards = []
    for one in saved:
        try:
            card = one.load()
        except DatasetError as error:
            logger.warning("%s cannot be read (%s): passed over.", one.path, error)
            continue
        if _is_card(card):
            cards.append(card)
        else:
            logger.warning("%s has no seed and PSNR: passed over.", one.path)
    return cards


def _is_card(content: object) -> bool:
    """Whether the numbers that other seeds are compared by are there."""
    return (
        isinstance(content, dict)
        and isinstance(content.get("seed"), int)
        and isinstance(content.get("psnr_db"), float)
    )


def hours_of(training_report: dict[str, Any]) -> float:
    """Hours of all sessions of a training."""
    return float(training_report["seconds_of_all_sessions"]) / SECONDS_PER_HOUR


def as_markdown(card: Card) -> str:
    """Write a card for people."""
    sections = [
        f"# Reproduction card: {card['protocol']}",
        f"**{card['psnr_db']:.2f} dB: {_verdict(card)}**",
        _table(("", ""), _facts(card)),
        "## Scores",
        _table(
            ("method", *(HEADINGS[metric] for metric in CARD_METRICS)),
            _scores(card),
        ),
        "## Patterns at the strides' periods",
        "Energy that the noisy blocks do not have, over the energy beside it; just "
        "visible from 1.",
        _patterns(card["checkerboard"]),
        "## Seeds",
        _seeds(card["seeds"]),
        PLOTS,
        "## By camera and ISO",
        _records(card["by_camera"]),
        "## By image",
        _records(card["by_image"]),
        "## Options of the training",
        f"```json\n{json.dumps(card['training_options'], indent=2)}\n```",
    ]
    return "\n\n".join(sections) + "\n"


def as_site_markdown(card: Card) -> str:
    """Write a card of a submission for people."""
    result = _verdict(card)
    if card["psnr_db"] is not None:
        ssim = "" if card["ssim"] is None else f", SSIM {card['ssim']:.3f}"
        result = f"{card['psnr_db']:.2f} dB{ssim} by the site: {result}"
    submission = card["submission"]
    sections = [
        f"# Reproduction card: {card['protocol']}",
        f"**{result}**",
        _table(("", ""), _facts(card)),
        "## Submission",
        _table(("", ""), [(name, str(value)) for name, value in submission.items()]),
        "## Options of the training",
        f"```json\n{json.dumps(card['training_options'], indent=2)}\n```",
    ]
    return "\n\n".join(sections) + "\n"


def _verdict(card: Card) -> str:
    band = card["claim"]["band_db"]
    if card["verdict"].startswith("no verdict") or band is None:
        return str(card["verdict"])
    return (
        f"{card['verdict']} the band {band[0]:g} to {band[1]:g} dB "
        f"({card['claim']['band_source']})"
    )


def _facts(card: Card) -> list[tuple[str, str]]:
    claim, scored, data = card["claim"], card["scored"], card["data"]
    published = "none for this protocol"
    if claim["paper_psnr_db"] is not None:
        published = f"{claim['paper_psnr_db']:.2f} dB"
        if claim["paper_ssim"] is not None:
            convention = claim["paper_ssim_convention"] or "convention unknown"
            published += f", SSIM {claim['paper_ssim']:.3f} ({convention})"
        published += f"; {claim['paper_source']}"
    dagger = "yes" if scored["dagger"] else "no"
    part = "block" if scored["unit"] == "blocks" else "crop"
    return [
        ("published", published),
        ("trained on", f"{data['kind']}, {data['images']} images, {data['digest']}"),
        ("scored on", f"{scored['blocks']} {part}s of {scored['images']} images"),
        ("dagger", f"{dagger}: {_trained_on(scored)}, counted from manifests"),
        ("selection", card["selection"]),
        ("seed", str(card["seed"])),
        ("steps, hours", f"{card['steps']:,}, {card['hours']:.2f}"),
        ("hardware", card["hardware"]),
        ("commit", f"{card['git_commit'] or 'unknown'}, changed: {card['git_dirty']}"),
        ("requirements.lock", card["lock_sha256"]),
    ]


def _trained_on(scored: dict[str, Any]) -> str:
    unit = scored["unit"]
    return f"{scored['trained_on']} of {scored[unit]} scored {unit} were trained on"


def _scores(card: Card) -> list[tuple[str, ...]]:
    return [
        (scores["label"], *(_score(scores, metric) for metric in CARD_METRICS))
        for scores in card["methods"].values()
    ]


def _score(scores: dict[str, Any], metric: str) -> str:
    return show(metric, scores[metric]) if metric in scores else "unknown"


def _patterns(energies: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(energies.values())))
    strides = [f"{name.rpartition('_')[2]} pixels" for name in names]
    rows = [
        (method, *(f"{values[name]:.2f}" for name in names))
        for method, values in energies.items()
    ]
    return _table(("", *strides), rows)


def _seeds(seeds: dict[str, Any]) -> str:
    rows = [(seed, f"{psnr_db:.3f}") for seed, psnr_db in seeds["psnr_db"].items()]
    spread = seeds["standard_deviation_db"]
    rows.append(("mean", f"{seeds['mean_db']:.3f}"))
    rows.append(
        ("standard deviation", "one seed" if spread is None else f"{spread:.3f}")
    )
    return _table(("seed", "PSNR dB"), rows)


def _records(records: list[dict[str, Any]]) -> str:
    if not records:
        return "None."
    rows = [tuple(_cell(*item) for item in record.items()) for record in records]
    return _table(tuple(records[0]), rows)


def _cell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if name.startswith("ssim") else f"{value:.2f}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
