"""The steps around a training whose result only a site can score: DND."""

import logging
from typing import Any

from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.pipelines.reproduce.nodes import check_training_data
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.training.options import TrainOptions

logger = logging.getLogger(__name__)

NOT_SCORED = (
    "no verdict: the site has not scored it yet; give what it answers with "
    "reproduce.site_psnr_db"
)


def check_site_protocol(manifest: Manifest, options: ReproduceOptions) -> None:
    """Refuse what cannot prove anything, before hours are spent on it.

    Args:
        manifest: What will be trained on.
        options: The protocol.

    Raises:
        ValueError: The training data is of another kind.
    """
    check_training_data(manifest, options)


def write_site_card(
    dnd_submission_report: dict[str, Any],
    training_report: dict[str, Any],
    manifest: Manifest,
    train: TrainOptions,
    options: ReproduceOptions,
) -> tuple[dict[str, Any], str, dict[str, float], dict[str, str]]:
    """Put on one page what was claimed, what was submitted and what the site answered.

    Args:
        dnd_submission_report: What was submitted.
        training_report: Hours and hardware.
        manifest: What was trained on.
        train: How it was trained.
        options: The protocol, and the site's scores once they are known.

    Returns:
        The card, the same in Markdown, its PSNR as a metric, once the site has
        answered, and protocol and verdict as tags.
    """
    from cbsn_pipeline.pipelines.reproduce import card as cards
    from cbsn_pipeline.pipelines.reproduce.description import describe_run

    report = dnd_submission_report
    seen = report["trained_on_images"]
    archive = report["archive"] or {}
    card = describe_run(manifest, training_report, train, options) | {
        "scored": {
            "unit": "images",
            "images": report["num_images"],
            "blocks": report["num_images"] * report["num_boxes"],
            "whole_set": report["uploadable"],
            "dagger": seen > 0,
            "trained_on": seen,
        },
        "submission": {
            "folder": report["folder"],
            "archive": archive.get("file"),
            "archive_sha256": archive.get("sha256"),
            "mean_absolute_change": report["mean_absolute_change"],
            "seconds_per_megapixel": report["time"]["seconds_per_megapixel"],
        },
        "psnr_db": options.site_psnr_db,
        "ssim": options.site_ssim,
    }
    card["verdict"] = _judge(card, options)
    logger.info("Reproduction of %s: %s.", card["protocol"], card["verdict"])
    return card, cards.as_site_markdown(card), *cards.metrics_and_tags(card)


def _judge(card: dict[str, Any], options: ReproduceOptions) -> str:
    from cbsn_pipeline.pipelines.reproduce import card as cards

    if options.site_psnr_db is None:
        return NOT_SCORED
    obstacles = cards.find_obstacles(card, options)
    return cards.judge(options.site_psnr_db, obstacles, options)
