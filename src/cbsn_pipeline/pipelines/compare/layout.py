"""The numbers of a comparison as cells of text, and what they mean in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.sources import ComparedRun

METRIC_NAMES = {
    "psnr_db": "PSNR dB",
    "ssim_uniform": "SSIM 7x7",
    "ssim_gaussian": "SSIM Gaussian",
    "ssim_luma": "SSIM luma",
    "ssim_volume": "SSIM volume",
}
NOT_KNOWN = "-"
SMALLEST_P, SMALL_P = 1e-4, "<1e-4"  # and what smaller ones are shown as
LARGEST_TELLING_P = 0.05


@dataclass(frozen=True)
class Pair:
    """What the rows of one pair say, as text.

    Attributes:
        title: Which pair, and how many blocks.
        rows: Cells by metric, as many as there are headings.
    """

    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class Layout:
    """A comparison as text.

    Attributes:
        runs: Which run is which.
        headings: Of the columns.
        pairs: The rows of each pair.
        notes: What the columns mean, and what a reader must know, a sentence or two
            each.
    """

    runs: list[ComparedRun]
    headings: list[str]
    pairs: list[Pair]
    notes: list[str]


def lay_out(
    comparison: pd.DataFrame,
    runs: list[ComparedRun],
    options: CompareOptions,
    more_notes: list[str] | None = None,
) -> Layout:
    """Write the numbers of a comparison as text.

    Args:
        comparison: See :func:`~cbsn_pipeline.pipelines.compare.tables.compare_runs`.
        runs: The runs.
        options: How the numbers were made; which intervals and p are shown.
        more_notes: What else a reader must know.

    Returns:
        Means with two decimals of dB and four of SSIM, changes with one more. The
        interval and p by images follow those by blocks.
    """
    units = ["blocks", "images"] if options.resample == "blocks" else ["images"]
    percent = f"{100 * options.confidence:g} %"
    intervals = [f"{percent} by {unit}" for unit in units]
    chances = [f"p by {unit}" for unit in units] if len(units) > 1 else ["p"]
    pairs = []
    for _, rows in comparison.groupby("pair", sort=False):
        records: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
        cells = [_cells(record, units) for record in records]
        pairs.append(Pair(_title(records[0]), cells))
    return Layout(
        runs=runs,
        headings=["metric", "first", "second", "change", *intervals, *chances, "won"],
        pairs=pairs,
        notes=[*_explain(comparison, options), *(more_notes or [])],
    )


def _explain(comparison: pd.DataFrame, options: CompareOptions) -> list[str]:
    return [
        f"Change: second minus first, mean over blocks, method "
        f"{_in_words(options.method)}; "
        "positive: the second is better. Won: share of blocks in which it is.",
        f"Intervals: percentile bootstrap, {options.resamples} resamples, seed "
        f"{options.seed}. p: Wilcoxon signed-rank, two-sided, not corrected for "
        "several comparisons.",
        *_warn(comparison, options),
    ]


def _in_words(method: str) -> str:
    alone = " (the network alone)" if method.startswith("denoised") else ""
    return method + (" (with restitution)" if method == "restituted" else alone)


def _warn(comparison: pd.DataFrame, options: CompareOptions) -> list[str]:
    if comparison["images_low"].isna().any():
        return ["No interval by images: the scores name fewer than two of them."]
    # signs alone tell: all images on one side is the least likely of 2^N outcomes
    least_p, few = 2.0 ** (1 - comparison["num_images"].min()), []
    if least_p > LARGEST_TELLING_P:
        few = [
            f"Of so few images p by images is at least {_p(least_p)}, however large "
            "the difference."
        ]
    if options.resample == "images":
        return few
    return [
        *few,
        "Blocks of one image are not independent: whether a difference holds for "
        "images not seen yet, interval and p by images tell. Those by blocks speak of "
        "these images alone.",
    ]


def _title(record: dict[str, Any]) -> str:
    second, first = record["pair"].split("-")
    images = record["num_images"]
    of_images = f" of {images} images" if images else ""
    return f"{second} against {first}, {record['num_blocks']} blocks{of_images}"


def _cells(record: dict[str, Any], units: list[str]) -> list[str]:
    decimals = 2 if record["metric"] == "psnr_db" else 4
    intervals = [
        _interval(record[f"{unit}_low"], record[f"{unit}_high"], decimals + 1)
        for unit in units
    ]
    return [
        METRIC_NAMES[record["metric"]],
        f"{record['mean_first']:.{decimals}f}",
        f"{record['mean_second']:.{decimals}f}",
        f"{record['difference']:+.{decimals + 1}f}",
        *intervals,
        *(_p(record[f"p_{unit}"]) for unit in units),
        f"{100 * record['won']:.0f} %",
    ]


def _interval(low: float, high: float, decimals: int) -> str:
    if np.isnan(low):
        return NOT_KNOWN
    return f"{low:.{decimals}f} to {high:.{decimals}f}"


def _p(value: float) -> str:
    if np.isnan(value):
        return NOT_KNOWN
    if value < SMALLEST_P:
        return SMALL_P
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"  # noqa: PLR2004
