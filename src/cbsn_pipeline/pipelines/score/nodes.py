"""The steps of scoring any two sets of images; the work is in the modules beside."""

import logging
from typing import TYPE_CHECKING, Any

from cbsn_pipeline.pipelines.score.options import ScoreOptions

if TYPE_CHECKING:
    from pandas import DataFrame

    from cbsn_pipeline.photos.image_set import ImageSet
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DataFrame = ImageSet = Any

logger = logging.getLogger(__name__)


def pair_images(
    denoised_images: ImageSet, clean_images: ImageSet, options: ScoreOptions
) -> dict[str, Any]:
    """Find the clean image of every denoised one, by name.

    Args:
        denoised_images: What is scored.
        clean_images: What it is compared with.
        options: Suffixes of names, and whether all must have a partner.

    Returns:
        Where the two sets are and which images belong together, as plain values.

    Raises:
        ValueError: Images have no partner, or more than one.
    """
    from cbsn_pipeline.pipelines.score.pairs import find_pairs

    pairs = find_pairs(denoised_images, clean_images, options)
    logger.info("%d pairs of images to score.", len(pairs.pairing.pairs))
    return pairs.to_record()


def score_pairs(scored_pairs: dict[str, Any], options: ScoreOptions) -> DataFrame:
    """Score every pair in every convention.

    Args:
        scored_pairs: Which images.
        options: Number of threads.

    Returns:
        One row per image: names, size, depth, psnr_db and the SSIMs.

    Raises:
        ValueError: Pairs differ in size or depth, cannot be scored, or are gone.
        DatasetError: A file cannot be read.
    """
    from cbsn_pipeline.pipelines.score.pairs import ScoredPairs
    from cbsn_pipeline.pipelines.score.scoring import score_all
    from cbsn_pipeline.threads import num_workers

    pairs = ScoredPairs.from_record(scored_pairs)
    return score_all(pairs, workers=num_workers(options.workers))


def summarise_pairs(
    pair_scores: DataFrame, scored_pairs: dict[str, Any]
) -> dict[str, Any]:
    """Average the scores, and gather what a reader must know beside them.

    Args:
        pair_scores: One row per image.
        scored_pairs: Where they are.

    Returns:
        Means, conventions in words, worst and best image, what was left out.
    """
    from cbsn_pipeline.pipelines.score.summary import summarise

    return summarise(pair_scores, scored_pairs)


def report_pairs(pair_score_summary: dict[str, Any]) -> dict[str, float]:
    """Show the table that the run was made for.

    Args:
        pair_score_summary: Means and what belongs to them.

    Returns:
        The means as metrics of the run, such as ``score/psnr_db``.
    """
    from cbsn_pipeline.pipelines.score.summary import metrics_of, print_summary

    if pair_score_summary["num_identical"]:
        logger.warning(
            "%d images equal the clean ones, pixel by pixel. Were clean images copied "
            "among the denoised ones?",
            pair_score_summary["num_identical"],
        )
    print_summary(pair_score_summary)
    return metrics_of(pair_score_summary)
