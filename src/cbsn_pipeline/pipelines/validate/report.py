"""The table at the end of a run."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cbsn_pipeline.score_table import add_row, new_table, print_table

OURS = ("denoised", "restituted")
# the others are in the table's file
SHOWN = ("psnr_db", "gain_db", "ssim_uniform", "ssim_luma", "ciede2000", "chroma_ratio")


def print_scores(
    score_table: pd.DataFrame,
    score_summary: dict[str, Any],
    console: Console | None = None,
) -> None:
    """Show the scores of every method.

    Args:
        score_table: One row per method, the best first.
        score_summary: Dagger and provenance, for the line below the table.
        console: Where to; standard output by default.
    """
    print_table(format_scores(score_table, score_summary), console)


def format_scores(score_table: pd.DataFrame, score_summary: dict[str, Any]) -> Table:
    """Lay out the scores of every method.

    Args:
        score_table: One row per method, the best first.
        score_summary: Dagger and provenance.

    Returns:
        PSNR with two decimals, SSIM with three, our rows in bold.
    """
    title = f"Validation, {score_summary['scored_blocks']} blocks"
    table = new_table(title, "method", list(SHOWN))
    for row in score_table.to_dict("records"):
        scores = {metric: row[metric] for metric in SHOWN}
        add_row(table, row["label"], scores, bold=row["method"] in OURS)
    made = score_summary["denoiser"]
    students = f", students after it: {made['students']}" if made["students"] else ""
    origin = f"{made['steps']} training steps{students}"
    if imported := made.get("imported"):
        origin = f"weights imported from {imported['checkpoint']}"
    table.caption = Text(f"{origin}; {score_summary['dagger']}.")
    return table
