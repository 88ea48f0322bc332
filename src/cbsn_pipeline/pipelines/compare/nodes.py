"""The steps of comparing; the science is in ``imaging.paired``."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.pipelines.compare import sources
from cbsn_pipeline.pipelines.compare.options import CompareOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DataFrame = Figure = Any

logger = logging.getLogger(__name__)

Blocks = NDArray[np.uint8]  # (images, blocks, height, width, RGB), 0..255
Records = list[dict[str, Any]]  # compared runs as plain values


def find_runs(
    options: CompareOptions, configuration: Path
) -> tuple[Records, dict[str, str]]:
    """Find the scores and the denoiser of every run that is named.

    Args:
        options: ``runs`` names them.
        configuration: The folder ``conf`` of the project.

    Returns:
        The runs in the order given, called A, B, ...; others are compared with A. And
        how they were named, as a tag of this run.

    Raises:
        ValueError: No run is named, or one leads to no scores.
    """
    runs = sources.find_runs(options, configuration.parent)
    for run in runs:
        logger.info("%s is %s: %s", run.letter, run.label, run.scores)
    tags = {"compared_runs": ", ".join(run.entry for run in runs)}
    return sources.to_records(runs), tags


def pair_scores(compared_runs: Records, options: CompareOptions) -> DataFrame:
    """Read the scores of every run, and see that they are of the same blocks.

    Args:
        compared_runs: The runs.
        options: Which method of each.

    Returns:
        One row per run and block: run, row, image, block, noisy_db and the metrics.

    Raises:
        ValueError: A file holds no such scores, or the blocks differ.
    """
    from cbsn_pipeline.pipelines.compare import tables

    runs = sources.from_records(compared_runs)
    return tables.pair_scores(runs, options.method)


def compare_runs(
    paired_scores: DataFrame,
    compared_runs: Records,
    options: CompareOptions,
) -> DataFrame:
    """Compare every run with the first, metric by metric.

    Args:
        paired_scores: One row per run and block.
        compared_runs: The runs.
        options: How to resample.

    Returns:
        One row per pair and metric: means, mean difference, intervals by blocks and by
        images, p, share of blocks won.

    Raises:
        ValueError: Images are to be resampled and there are fewer than two.
    """
    from cbsn_pipeline.pipelines.compare import tables

    runs = sources.from_records(compared_runs)
    return tables.compare_runs(paired_scores, runs, options)


def draw_panels(
    compared_runs: Records,
    paired_scores: DataFrame,
    noisy_blocks: Blocks | None,
    clean_blocks: Blocks | None,
    options: CompareOptions,
) -> tuple[Figure, list[str]]:
    """Show the blocks in which each run differs most from the first.

    Args:
        compared_runs: The runs; those whose denoiser is there are shown.
        paired_scores: One row per run and block.
        noisy_blocks: Of this environment, (images, blocks, 256, 256, 3) uint8.
        clean_blocks: Same shape and type.
        options: How many blocks.

    Returns:
        The figure, one pixel per pixel, and why panels are missing, a sentence each.
    """
    from cbsn_pipeline import panels as pictures
    from cbsn_pipeline.pipelines.compare.panels import make_panels

    runs = sources.from_records(compared_runs)
    panels = make_panels(runs, paired_scores, noisy_blocks, clean_blocks, options)
    for note in panels.notes:
        logger.warning(note)
    names = [f"{run.letter}: {run.label}" for run in runs]
    return pictures.draw_panels(panels.rows, names + panels.notes), panels.notes


def write_tables(
    comparison: DataFrame,
    compared_runs: Records,
    panel_notes: list[str],
    options: CompareOptions,
) -> tuple[str, str]:
    """Write the comparison as tables for a page and for a paper.

    Args:
        comparison: One row per pair and metric.
        compared_runs: The runs.
        panel_notes: Why panels are missing.
        options: How the numbers were made.

    Returns:
        Markdown and LaTeX (booktabs).
    """
    from cbsn_pipeline.pipelines.compare.layout import lay_out
    from cbsn_pipeline.pipelines.compare.markup import to_latex, to_markdown

    runs = sources.from_records(compared_runs)
    return (
        to_markdown(lay_out(comparison, runs, options, panel_notes)),
        to_latex(lay_out(comparison, runs, options)),
    )


def report_comparison(
    comparison: DataFrame,
    compared_runs: Records,
    comparison_markdown: str,
    comparison_latex: str,
    panel_notes: list[str],
    options: CompareOptions,
) -> dict[str, float]:
    """Show the tables that the run was made for.

    Args:
        comparison: One row per pair and metric.
        compared_runs: The runs.
        comparison_markdown: Saved by now.
        comparison_latex: Saved by now.
        panel_notes: Why panels are missing.
        options: How the numbers were made.

    Returns:
        The numbers of the comparison as metrics.
    """
    from cbsn_pipeline.pipelines.compare.layout import lay_out
    from cbsn_pipeline.pipelines.compare.report import print_comparison

    runs = sources.from_records(compared_runs)
    print_comparison(lay_out(comparison, runs, options, panel_notes))
    return name_metrics(comparison)


def name_metrics(comparison: DataFrame) -> dict[str, float]:
    """Name the numbers of a comparison for MLflow: ``compare/B-A/psnr_db/difference``.

    Args:
        comparison: One row per pair and metric.

    Returns:
        Difference, ends of both intervals, p and share of blocks won; what is not
        known is left out.
    """
    names = ["difference", "blocks_low", "blocks_high", "images_low", "images_high"]
    names += ["p_blocks", "p_images", "won"]
    return {
        f"compare/{record['pair']}/{record['metric']}/{name}": float(record[name])
        for record in comparison.to_dict("records")
        for name in names
        if not np.isnan(record[name])
    }
