"""The tables at the end of a comparison."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cbsn_pipeline.pipelines.compare.layout import Layout, Pair

_PLAIN_WIDTH = 120  # columns where no terminal says how many it has


def print_comparison(layout: Layout, console: Console | None = None) -> None:
    """Show which run is which, the table of every pair, and what its columns mean.

    Args:
        layout: The comparison as text.
        console: Where to; standard output by default.
    """
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_PLAIN_WIDTH)
    # Text, not str: rich would read [brackets] as markup.
    for run in layout.runs:
        console.print(Text(f"{run.letter}: {run.label} (from {run.entry})"))
    for pair in layout.pairs:
        console.print(format_pair(layout.headings, pair))
    for note in layout.notes:
        console.print(Text(note))


def format_pair(headings: list[str], pair: Pair) -> Table:
    """Lay out the rows of one pair, PSNR in bold; a narrow screen breaks intervals."""
    table = Table(title=Text(pair.title), pad_edge=False, collapse_padding=True)
    for number, heading in enumerate(headings):
        table.add_column(
            Text(heading),
            justify="right" if number else "left",
            no_wrap=" by " not in heading,
        )
    for number, row in enumerate(pair.rows):
        table.add_row(*map(Text, row), style=None if number else "bold")
    return table
