"""What was found and what was looked at: for JSON, Markdown and the screen."""

import re
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cbsn_pipeline.findings import from_records, merge, num_errors, to_records
from cbsn_pipeline.submission_checks.outcome import Outcome

_PLAIN_WIDTH = 120  # columns where no terminal says how many it has
_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_KINDS = {
    "kaggle": "CSV file for Kaggle",
    "legacy_cell": "SubmitSrgb.mat of the MATLAB kit",
    "legacy_array": "SubmitSrgb.mat of the Python kit",
    "dnd": "bundled files for DND",
    "unknown": "unknown",
}


def describe(checked: tuple[str, Outcome]) -> dict[str, Any]:
    """Make the report.

    Args:
        checked: The kind of the submission, and what was found.

    Returns:
        ``file``, ``kind``, ``verdict``, ``num_errors`` and ``num_warnings`` (places),
        ``num_blocks`` whose pixels were looked at, ``expected_blocks``, ``noisy``,
        ``checked`` and ``findings``.
    """
    kind, outcome = checked
    findings = merge(outcome.findings)
    errors = num_errors(findings)
    warnings = sum(f.count for f in findings if f.severity == "warning")
    return {
        "file": outcome.file,
        "kind": kind,
        "verdict": _verdict(errors, warnings),
        "num_errors": errors,
        "num_warnings": warnings,
        "num_blocks": outcome.num_blocks,
        "expected_blocks": outcome.grid[0] * outcome.grid[1],
        "noisy": str(outcome.noisy) if outcome.noisy else None,
        "checked": list(outcome.checked),
        "findings": to_records(findings),
    }


def _verdict(errors: int, warnings: int) -> str:
    if errors:
        return "errors: do not upload this"
    return "warnings: look before you upload" if warnings else "nothing wrong found"


def summarise(report: dict[str, Any]) -> list[str]:
    """Say in a few lines what was checked and how it ended."""
    compared = report["noisy"] or "nothing: the noisy input is not at hand"
    return [
        f"{report['file']}: {_KINDS[report['kind']]}, {report['num_blocks']} of "
        f"{report['expected_blocks']} blocks read, compared with {compared}.",
        f"{report['verdict'].capitalize()} ({report['num_errors']} errors, "
        f"{report['num_warnings']} warnings).",
        f"Checked: {'; '.join(report['checked']) or 'nothing'}.",
    ]


def to_markdown(report: dict[str, Any]) -> str:
    """Write the report as Markdown."""
    lines = ["# Check of a submission", ""]
    lines += [f"- {_escape(line)}" for line in summarise(report)]
    if report["findings"]:
        lines += ["", "| what | where | finding | likely cause | what to do |"]
        lines += ["|---|---|---|---|---|"]
    for finding in from_records(report["findings"]):
        where = f"{finding.file} {finding.index}".strip()
        cells = (where, finding.what, finding.cause, finding.remedy)
        lines.append(
            f"| {finding.severity}: `{finding.code}` ({finding.count}) | "
            f"{' | '.join(map(_escape, cells))} |"
        )
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    one_line = re.sub(r"\s+", " ", text)
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", one_line)


def print_report(report: dict[str, Any], console: Console | None = None) -> None:
    """Show the report.

    Args:
        report: See :func:`describe`.
        console: Where to; standard output by default.
    """
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_PLAIN_WIDTH)
    if report["findings"]:
        console.print(format_findings(report))
    # Text, not str: rich would read [brackets] as markup.
    for line in summarise(report):
        console.print(Text(line))


def format_findings(report: dict[str, Any]) -> Table:
    """Lay out the findings, errors first."""
    table = Table(title="What was found", show_lines=True)
    table.add_column("what", overflow="fold")
    table.add_column("where", overflow="fold")
    table.add_column("finding, likely cause, what to do", ratio=1, overflow="fold")
    for finding in from_records(report["findings"]):
        count = f" ({finding.count})" if finding.count > 1 else ""
        file = finding.file if finding.file != report["file"] else ""
        table.add_row(
            Text(f"{finding.severity}\n{finding.code}{count}"),
            Text(" ".join(filter(None, (file, finding.index))) or "the file"),
            Text(f"{finding.what}\n{finding.cause}\n{finding.remedy}"),
            style=_STYLES[finding.severity],
        )
    return table
