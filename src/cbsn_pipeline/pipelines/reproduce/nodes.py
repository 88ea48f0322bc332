"""The steps around a training that prove what it reproduces."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline import tracking
from cbsn_pipeline.datasets.manifest import Manifest
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from pandas import DataFrame
else:  # Kedro resolves the annotations of nodes; this would import pandas
    DataFrame = Any

Blocks = NDArray[np.uint8]

logger = logging.getLogger(__name__)

OFFICIAL_SHAPE = (40, 32)
SELECTION = "the last state; nothing was selected by a score"


def check_protocol(
    manifest: Manifest, noisy_blocks: Blocks, options: ReproduceOptions
) -> None:
    """Refuse what cannot prove anything, before hours are spent on it.

    Args:
        manifest: What will be trained on.
        noisy_blocks: What will be scored, (images, blocks, 256, 256, 3).
        options: The protocol.

    Raises:
        ValueError: The training data is of another kind, or part of the set is scored
            that was not declared.
    """
    if manifest.kind != options.trained_on:
        raise ValueError(
            f"The protocol {options.protocol!r} trains on {options.trained_on}, the "
            f"manifest is of {manifest.kind}. Choose the environment of the protocol "
            "(--env), or declare your own with reproduce.protocol, "
            "reproduce.trained_on and reproduce.band_db."
        )
    shape = noisy_blocks.shape[:2]
    if shape != OFFICIAL_SHAPE and not options.part_of_set:
        raise ValueError(
            f"{shape[0]} images x {shape[1]} blocks would be scored; the official set "
            f"has {OFFICIAL_SHAPE[0]} x {OFFICIAL_SHAPE[1]}, and a part of it proves "
            "nothing of the published figure. Get the whole set (docs/data.md), or "
            "declare it with reproduce.part_of_set=true."
        )


def write_card(
    score_summary: dict[str, Any],
    image_scores: DataFrame,
    camera_scores: DataFrame,
    training_report: dict[str, Any],
    manifest: Manifest,
    noisy_blocks: Blocks,
    earlier_cards: Path,
    train: TrainOptions,
    options: ReproduceOptions,
) -> tuple[dict[str, Any], str]:
    """Put on one page what was claimed, what was done and what came out.

    Args:
        score_summary: Scores per method, dagger.
        image_scores: One row per image and method.
        camera_scores: One row per camera, ISO and method.
        training_report: Hours and hardware.
        manifest: What was trained on.
        noisy_blocks: What was scored, (images, blocks, 256, 256, 3).
        earlier_cards: Folder of the versions of this card: other seeds.
        train: How it was trained.
        options: The protocol.

    Returns:
        The card, logged to MLflow, and the same in Markdown, with room for plots.
    """
    from kedro.utils import find_kedro_project

    from cbsn_pipeline.pipelines.reproduce import card as cards
    from cbsn_pipeline.software import device_name, git_commit, git_dirty, lock_sha256

    project = find_kedro_project(Path.cwd()) or Path.cwd()
    num_images, num_blocks = noisy_blocks.shape[:2]
    seen = score_summary["trained_on_scored_blocks"]
    resumable = train.resumable()
    card: dict[str, Any] = {
        "label": f"{options.protocol}, seed {train.seed}",
        "protocol": options.protocol,
        "claim": options.model_dump(mode="json"),
        "data": {
            "kind": manifest.kind,
            "digest": manifest.digest,
            "images": len(manifest.images),
        },
        "scored": {
            "images": num_images,
            "blocks": num_images * num_blocks,
            "whole_set": (num_images, num_blocks) == OFFICIAL_SHAPE,
            "dagger": seen > 0,
            "trained_on": seen,
        },
        "selection": SELECTION,
        "seed": train.seed,
        "steps": train.steps,
        "training_options": {
            "steps": train.steps,
            **{name: value for name, value in resumable.items() if name != "seed"},
        },
        "hours": cards.hours_of(training_report),
        "hardware": f"{device_name()}; {training_report['speed']}",
        "git_commit": git_commit(project),
        "git_dirty": git_dirty(project),
        "lock_sha256": lock_sha256(project),
        "psnr_db": score_summary["methods"]["denoised"]["psnr_db"],
        "methods": score_summary["methods"],
        "conventions": score_summary["conventions"],
        "by_camera": _ours(camera_scores),
        "by_image": _ours(image_scores),
    }
    obstacles = cards.find_obstacles(card, options)
    if options.part_of_set:  # its band, if it has one, is for that part
        obstacles = [o for o in obstacles if not o.startswith("part of")]
    card["verdict"] = cards.judge(card["psnr_db"], obstacles, options)
    card = cards.with_seeds(card, cards.read_cards(earlier_cards))
    _track(card)
    return card, cards.as_markdown(card)


def _ours(scores: DataFrame) -> list[dict[str, Any]]:
    """Rows of our method, without its name and what is unknown."""
    ours = scores[scores["method"] == "denoised"].drop(columns="method")
    known = ours.astype(object).where(ours.notna(), None)
    return [
        {str(name): _plain(value) for name, value in record.items()}
        for record in known.to_dict("records")
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.item() if isinstance(value, np.generic) else value


def _track(card: dict[str, Any]) -> None:
    tracking.log_dict("reproduction/card.json", card)
    tracking.set_tags({"protocol": card["protocol"], "verdict": card["verdict"]})
    tracking.log_metrics({"reproduction/psnr_db": card["psnr_db"]})
    logger.info(
        "Reproduction of %s: %.2f dB, %s.",
        *(card["protocol"], card["psnr_db"], card["verdict"]),
    )
