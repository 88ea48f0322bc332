"""What a check found wrong: the common form of the doctor's and validators' reports."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
INDICES_NAMED = 5


class FindingsError(ValueError):
    """A check found errors: what was checked must not be used as it is."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to do about it.

    Attributes:
        severity: ``error``: unusable or refused by a site; ``warning``: usable, but
            look; ``note``: good to know.
        code: Short, stable name of the kind of finding, such as ``blocks_swapped``.
        file: Where it is, as the user would name it.
        index: Which block, crop, line or image in it; empty for the whole file.
        what: What was expected and what was got.
        cause: What most likely led to it.
        remedy: What to do.
        count: How many places it stands for, after :func:`merge`.
    """

    severity: Severity
    code: str
    file: str
    index: str
    what: str
    cause: str
    remedy: str
    count: int = 1


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Let one finding stand for all of its code in its file: a table stays readable.

    Args:
        findings: In the order found.

    Returns:
        Errors first, then warnings, then notes, otherwise in the order found. ``index``
        names the first five places and how many more there are; ``what``, ``cause``
        and ``remedy`` are those of the first.
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        key = (finding.severity, finding.code, finding.file)
        groups.setdefault(key, []).append(finding)
    merged = [_merge_group(group) for group in groups.values()]
    return sorted(merged, key=lambda finding: SEVERITIES.index(finding.severity))


def num_errors(findings: Iterable[Finding]) -> int:
    """Count the places with errors."""
    return sum(f.count for f in findings if f.severity == "error")


def to_records(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Turn findings into plain dictionaries, for JSON and tables."""
    return [asdict(finding) for finding in findings]


def from_records(records: Iterable[dict[str, Any]]) -> list[Finding]:
    """Read findings back: the inverse of :func:`to_records`."""
    return [Finding(**record) for record in records]


def in_words(finding: Finding) -> str:
    """Write a finding as one paragraph.

    >>> in_words(
    ...     Finding("error", "nan", "a.csv", "block 3", "NaN.", "Diverged.", "Retrain.")
    ... )
    'ERROR a.csv, block 3: NaN. Diverged. Retrain.'
    """
    place = f"{finding.file}, {finding.index}" if finding.index else finding.file
    texts = " ".join(t for t in (finding.what, finding.cause, finding.remedy) if t)
    return f"{finding.severity.upper()} {place}: {texts}"


def raise_errors(findings: Iterable[Finding], *, report: str) -> None:
    """Raise if there are errors among ``findings``.

    Args:
        findings: Of one check.
        report: Where the whole report is, for the message.

    Raises:
        FindingsError: Names the number of errors, the first of them, and the report.
    """
    findings = list(findings)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise FindingsError(
            f"{num_errors(errors)} error(s) of {len(errors)} kind(s) were found. The "
            f"first: {in_words(errors[0])} The whole report: {report}."
        )


def _merge_group(group: list[Finding]) -> Finding:
    first = group[0]
    named = [finding.index for finding in group[:INDICES_NAMED] if finding.index]
    more = len(group) - INDICES_NAMED
    index = ", ".join(named) + (f" and {more} more" if more > 0 else "")
    count = sum(finding.count for finding in group)
    return Finding(**asdict(first) | {"index": index, "count": count})
