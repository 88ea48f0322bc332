"""How every stage shows scores: the same columns, decimals and width."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 100  # columns where no terminal says how many it has

HEADINGS = {
    "psnr_db": "PSNR dB",
    "gain_db": "gain dB",
    "ssim_uniform": "SSIM 7x7",
    "ssim_gaussian": "Gaussian",
    "ssim_luma": "luma",
    "ssim_volume": "volume",
    "ciede2000": "dE2000",
    "chroma_ratio": "chroma",
}


def new_table(title: str, first_heading: str, metrics: list[str]) -> Table:
    """Begin a table: a column of names, then one per metric.

    Args:
        title: Above the table.
        first_heading: Of the column of names.
        metrics: Keys of :data:`HEADINGS`.
    """
    table = Table(title=Text(title))
    table.add_column(first_heading)
    for metric in metrics:
        table.add_column(HEADINGS[metric], justify="right", no_wrap=True)
    return table


def add_row(table: Table, name: str, scores: dict[str, float], *, bold: bool) -> None:
    """Add the scores of one method or image.

    Args:
        table: Of :func:`new_table`.
        name: Shown as it is.
        scores: By metric, in the order of the columns.
        bold: Whether it is the row to look at.
    """
    # Text, not str: rich would read [brackets] as markup.
    cells = [Text(show(metric, value)) for metric, value in scores.items()]
    table.add_row(Text(name), *cells, style="bold" if bold else None)


def show(metric: str, value: float) -> str:
    """Write a score: SSIM with three decimals, others with two, a gain with its sign.

    >>> show("psnr_db", 36.224), show("gain_db", 12.556), show("ssim_luma", 0.935)
    ('36.22', '+12.56', '0.935')
    """
    if metric == "gain_db":
        return f"{value:+.2f}"
    return f"{value:.3f}" if metric.startswith("ssim") else f"{value:.2f}"


def print_table(table: Table, console: Console | None = None) -> None:
    """Print to standard output, or another console; 100 columns without a terminal."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=PLAIN_WIDTH)
    console.print(table)
