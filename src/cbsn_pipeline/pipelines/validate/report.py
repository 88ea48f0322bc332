"""The table at the end of a run."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PLAIN_WIDTH = 100  # columns where no terminal says how many it has

_HEADINGS = {
    "psnr_db": "PSNR dB",
    "gain_db": "gain dB",
    "ssim_uniform": "SSIM 7x7",
    "ssim_gaussian": "Gaussian",
    "ssim_luma": "luma",
    "ssim_volume": "volume",
}


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
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_PLAIN_WIDTH)
    console.print(format_scores(score_table, score_summary))


def format_scores(score_table: pd.DataFrame, score_summary: dict[str, Any]) -> Table:
    """Lay out the scores of every method.

    Args:
        score_table: One row per method, the best first.
        score_summary: Dagger and provenance.

    Returns:
        PSNR with two decimals, SSIM with three, our row in bold.
    """
    table = Table(title=f"Validation, {score_summary['scored_blocks']} blocks")
    table.add_column("method")
    for heading in _HEADINGS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for scores in score_table.to_dict("records"):
        # Text, not str: rich would read [brackets] as markup.
        cells = [Text(scores["label"])]
        cells += [Text(_show(name, scores[name])) for name in _HEADINGS]
        table.add_row(*cells, style="bold" if scores["method"] == "denoised" else None)
    steps = score_summary["denoiser"]["steps"]
    table.caption = Text(f"{steps} training steps; {score_summary['dagger']}.")
    return table


def _show(name: str, value: float) -> str:
    if name == "gain_db":
        return f"{value:+.2f}"
    return f"{value:.2f}" if name == "psnr_db" else f"{value:.3f}"
