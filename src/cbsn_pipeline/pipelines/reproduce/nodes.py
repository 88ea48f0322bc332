"""The steps around a training that prove what it reproduces."""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.datasets.versions_dataset import SavedVersion
from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.session import Session
from cbsn_pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from pandas import DataFrame
else:  # Kedro resolves the annotations of nodes; this would import pandas
    DataFrame = Any

Blocks = NDArray[np.uint8]

logger = logging.getLogger(__name__)

OFFICIAL_SHAPE = (40, 32)


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
    check_training_data(manifest, options)
    shape = noisy_blocks.shape[:2]
    if shape != OFFICIAL_SHAPE and not options.part_of_set:
        raise ValueError(
            f"{shape[0]} images x {shape[1]} blocks would be scored; the official set "
            f"has {OFFICIAL_SHAPE[0]} x {OFFICIAL_SHAPE[1]}, and a part of it proves "
            "nothing of the published figure. Get the whole set (docs/data.md), or "
            "declare it with reproduce.part_of_set=true."
        )


def check_training_data(manifest: Manifest, options: ReproduceOptions) -> None:
    """Refuse to train on other data than the protocol says.

    Args:
        manifest: What will be trained on.
        options: The protocol.

    Raises:
        ValueError: The training data is of another kind.
    """
    if manifest.kind != options.trained_on:
        raise ValueError(
            f"The protocol {options.protocol!r} trains on {options.trained_on}, the "
            f"manifest is of {manifest.kind}. Choose the environment of the protocol "
            "(--env), or declare your own with reproduce.protocol, "
            "reproduce.trained_on and reproduce.band_db."
        )


def write_card(
    score_summary: dict[str, Any],
    image_scores: DataFrame,
    camera_scores: DataFrame,
    training_report: dict[str, Any],
    manifest: Manifest,
    noisy_blocks: Blocks,
    earlier_cards: list[SavedVersion],
    train: TrainOptions,
    options: ReproduceOptions,
) -> tuple[dict[str, Any], str, dict[str, float], dict[str, str]]:
    """Put on one page what was claimed, what was done and what came out.

    Args:
        score_summary: Scores per method, dagger.
        image_scores: One row per image and method.
        camera_scores: One row per camera, ISO and method.
        training_report: Hours and hardware.
        manifest: What was trained on.
        noisy_blocks: What was scored, (images, blocks, 256, 256, 3).
        earlier_cards: All versions of this card: other seeds.
        train: How it was trained.
        options: The protocol.

    Returns:
        The card, the same in Markdown, with room for plots, its PSNR as a metric, and
        protocol and verdict as tags.
    """
    from cbsn_pipeline.pipelines.reproduce import card as cards
    from cbsn_pipeline.pipelines.reproduce.description import describe_run

    num_images, num_blocks = noisy_blocks.shape[:2]
    seen = score_summary["trained_on_scored_blocks"]
    card = describe_run(manifest, training_report, train, options) | {
        "scored": {
            "unit": "blocks",
            "images": num_images,
            "blocks": num_images * num_blocks,
            "whole_set": (num_images, num_blocks) == OFFICIAL_SHAPE,
            "dagger": seen > 0,
            "trained_on": seen,
        },
        "psnr_db": score_summary["methods"]["denoised"]["psnr_db"],
        "methods": score_summary["methods"],
        "conventions": score_summary["conventions"],
        "checkerboard": score_summary["checkerboard"],
        "by_camera": _ours(camera_scores),
        "by_image": _ours(image_scores),
    }
    obstacles = cards.find_obstacles(card, options)
    if options.part_of_set:  # its band, if it has one, is for that part
        obstacles = [o for o in obstacles if not o.startswith("part of")]
    card["verdict"] = cards.judge(card["psnr_db"], obstacles, options)
    card = cards.with_seeds(card, cards.read_cards(earlier_cards))
    logger.info(
        "Reproduction of %s: %.2f dB, %s.",
        *(card["protocol"], card["psnr_db"], card["verdict"]),
    )
    return card, cards.as_markdown(card), *cards.metrics_and_tags(card)


def train_other_seeds(
    session: Session,
    reproduction_card: dict[str, Any],
    earlier_cards: list[SavedVersion],
    train: TrainOptions,
    options: ReproduceOptions,
) -> list[int]:
    """Reproduce with the other seeds that were asked for, one after the other.

    Args:
        session: What this run was asked for.
        reproduction_card: Of this run: when a training is resumed, seeds that have a
            card of the same experiment are passed over.
        earlier_cards: All versions of the card.
        train: How it was trained.
        options: How many seeds.

    Returns:
        All seeds, that of this run first.

    Raises:
        ChildProcessError: The run of a seed failed.
    """
    from cbsn_pipeline.pipelines.reproduce import card as cards
    from cbsn_pipeline.pipelines.reproduce.description import project_path
    from cbsn_pipeline.pipelines.reproduce.seeds import run_seed

    seeds = [train.seed + number for number in range(options.seeds)]
    finished = cards.finished_seeds(reproduction_card, cards.read_cards(earlier_cards))
    for seed in seeds[1:]:
        if train.resume and seed in finished:
            logger.info("Seed %d has its card already.", seed)
            continue
        run_seed(session, seed, project=project_path())
    return seeds


def summarise_seeds(
    reproduction_card: dict[str, Any],
    seeds: list[int],
    earlier_cards: list[SavedVersion],
) -> tuple[dict[str, Any], dict[str, float]]:
    """Give mean and spread over the seeds that were reproduced.

    Args:
        reproduction_card: Of this run.
        seeds: That were asked for.
        earlier_cards: All versions of the card, theirs among them.

    Returns:
        ``psnr_db`` by seed, ``mean_db`` and ``standard_deviation_db`` (None for one
        seed); the two as metrics, where there is a spread. Earlier seeds of the same
        experiment count.
    """
    from cbsn_pipeline.pipelines.reproduce import card as cards

    everything = cards.with_seeds(reproduction_card, cards.read_cards(earlier_cards))
    summary: dict[str, Any] = everything["seeds"]
    missing = [seed for seed in seeds if str(seed) not in summary["psnr_db"]]
    if missing:
        logger.warning(
            "Seeds %s are of another experiment: was the code or the data changed "
            "meanwhile? They are not in the mean.",
            missing,
        )
    mean, spread = summary["mean_db"], summary["standard_deviation_db"]
    if spread is None:
        return summary, {}
    logger.info(
        "%d seeds of %s: %.2f dB on average, standard deviation %.2f.",
        *(len(summary["psnr_db"]), everything["protocol"], mean, spread),
    )
    return summary, {
        "reproduction/mean_db": mean,
        "reproduction/standard_deviation_db": spread,
    }


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
