"""From the scores of images to the summary, the table and the metrics of the run."""

import math
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cbsn_pipeline.imaging.metrics import SCORES_IN_WORDS, mean_scores
from cbsn_pipeline.pipelines.score.names import list_names
from cbsn_pipeline.score_table import add_row, new_table, print_table

METRICS = list(SCORES_IN_WORDS)
MAX_NAMES = 20  # of images without a partner, in the summary


def summarise(scores: pd.DataFrame, pairs: dict[str, Any]) -> dict[str, Any]:
    """Gather what a reader must know beside the numbers.

    Args:
        scores: One row per image.
        pairs: Where the images are, and which had no partner, as plain values.

    Returns:
        ``means`` (null for an infinite one, which JSON cannot hold), conventions in
        words, the worst and the best image, numbers of images, of identical ones and
        of those left out, with their names.
    """
    rows = scores[METRICS].to_numpy().tolist()
    averaged = mean_scores(dict(zip(METRICS, row, strict=True)) for row in rows)
    identical = scores.loc[scores["psnr_db"] == math.inf, "image"].tolist()
    by_psnr = scores.sort_values("psnr_db", kind="stable")
    return {
        "denoised": pairs["denoised"]["source"],
        "clean": pairs["clean"]["source"],
        "num_images": averaged.num_images,
        "means": {name: _finite(mean) for name, mean in averaged.means.items()},
        "conventions": dict(SCORES_IN_WORDS),
        "num_identical": averaged.num_identical,
        "identical": identical[:MAX_NAMES],
        "worst": _describe(by_psnr.iloc[0]),
        "best": _describe(by_psnr.iloc[-1]),
        "depths": scores["depth"].value_counts().to_dict(),
        "left_out": {
            "num_denoised": len(pairs["denoised_alone"]),
            "denoised": pairs["denoised_alone"][:MAX_NAMES],
            "num_clean": len(pairs["clean_alone"]),
            "clean": pairs["clean_alone"][:MAX_NAMES],
        },
    }


def metrics_of(summary: dict[str, Any]) -> dict[str, float]:
    """Name the means as MLflow gets them, ``score/psnr_db``; infinite ones are not."""
    means = {k: v for k, v in summary["means"].items() if v is not None}
    counts = {k: summary[k] for k in ("num_images", "num_identical")}
    return {f"score/{name}": value for name, value in (means | counts).items()}


def print_summary(summary: dict[str, Any], console: Console | None = None) -> None:
    """Show the means, the worst and the best image on the screen."""
    print_table(format_summary(summary), console)


def format_summary(summary: dict[str, Any]) -> Table:
    """Lay out a summary: PSNR with two decimals, SSIM with three, the mean in bold."""
    num_images = summary["num_images"]
    table = new_table(f"Scores, {num_images} images", "images", METRICS)
    add_row(table, f"mean of {num_images}", _shown(summary["means"]), bold=True)
    if num_images > 1:
        for rank in ("best", "worst"):
            row = summary[rank]
            add_row(table, f"{rank}: {row['image']}", _shown(row["scores"]), bold=False)
    table.caption = Text(_caption(summary))
    return table


def _caption(summary: dict[str, Any]) -> str:
    lines = ["8-bit pixels, rounded and clipped; each SSIM: docs/metrics.md"]
    if summary["num_identical"]:
        lines.append(
            f"{summary['num_identical']} images equal the clean ones, pixel by pixel "
            f"({list_names(summary['identical'])}): their PSNR is infinite and left "
            "out of the mean."
        )
    left_out = summary["left_out"]
    if left_out["num_denoised"] or left_out["num_clean"]:
        lines.append(
            f"Left out without a partner: {left_out['num_denoised']} denoised, "
            f"{left_out['num_clean']} clean."
        )
    return "\n".join(lines)


def _describe(row: pd.Series) -> dict[str, Any]:
    return {
        "image": row["image"],
        "scores": {metric: _finite(float(row[metric])) for metric in METRICS},
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _shown(scores: dict[str, float | None]) -> dict[str, float]:
    return {n: math.inf if value is None else value for n, value in scores.items()}
