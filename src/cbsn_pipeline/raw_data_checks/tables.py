"""The report of the doctor on the screen."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cbsn_pipeline.raw_data_checks.report import (
    finding_rows,
    missing_rows,
    need_rows,
    part_rows,
)

PLAIN_WIDTH = 100  # columns where no terminal says how many it has
COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def print_report(report: dict[str, Any], console: Console | None = None) -> None:
    """Print what is there, what is missing, what is wrong and what it takes."""
    console = console or _console()
    there = [(name, f"{facts}\n{path}") for name, path, facts in part_rows(report)]
    _print(console, "What is there", there)
    missing = [
        (name, f"looked for at {path}\nneeded by {needed}\nto be had from {source}")
        for name, path, needed, source in missing_rows(report)
    ]
    _print(console, "What is missing", missing)
    findings = [
        (f"{severity}\n{code}", _paragraph(place, *texts))
        for severity, code, place, *texts in finding_rows(report)
    ]
    _print(console, "What was found", findings)
    _print(console, "What ingest and patches take", need_rows(report))
    console.print(Text(f"Doctor, {report['check']} check: {report['verdict']}."))


def _paragraph(place: str, what: str, cause: str, remedy: str) -> str:
    lines = (place, what, cause and f"likely: {cause}", remedy and f"do: {remedy}")
    return "\n".join(line for line in lines if line)


def _print(console: Console, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left", show_header=False, show_lines=True)
    table.add_column(min_width=12, max_width=26)
    table.add_column(overflow="fold", ratio=1)
    for head, text in rows:
        colour = COLOURS.get(head.split("\n")[0], "")
        table.add_row(Text(head, colour), Text(text))  # not str: [x] is no markup
    console.print(table)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=PLAIN_WIDTH)
