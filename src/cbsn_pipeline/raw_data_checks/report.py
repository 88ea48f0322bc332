"""The report of the doctor: plain values, and the same as Markdown."""

import re
from collections.abc import Sequence
from typing import Any

from cbsn_pipeline.findings import Finding, num_errors, to_records
from cbsn_pipeline.raw_data_checks.examination import Examination, near
from cbsn_pipeline.raw_data_checks.needs import Needs

SHOWN = 4  # values of a list in a table
KIB = 1024
FINDING_HEADINGS = ("", "code", "where", "what", "likely cause", "what to do")


def build_report(
    seen: Sequence[Examination],
    findings: Sequence[Finding],
    needs: Needs,
    *,
    thorough: bool,
) -> dict[str, Any]:
    """Put everything on record that was seen."""
    return {
        "check": "thorough" if thorough else "quick",
        "verdict": verdict(findings, thorough=thorough),
        "parts": [_record(examination) for examination in seen],
        "needs": needs.to_record(),
        "findings": to_records(findings),
    }


def verdict(findings: Sequence[Finding], *, thorough: bool) -> str:
    """Say in one sentence whether the data can be used."""
    errors = num_errors(findings)
    warnings = sum(f.count for f in findings if f.severity == "warning")
    if errors:
        return (
            f"{_number(errors, 'error')} to mend before anything is trained or scored"
        )
    found = f"no errors, {_number(warnings, 'warning')}"
    hint = "" if thorough else "; --params doctor.thorough=true looks at every pixel"
    return f"{found}{hint}"


def part_rows(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, place and facts of every part that is there."""
    return [
        (part["name"], near(part["path"]), describe(part["facts"]))
        for part in report["parts"]
        if part["found"]
    ]


def missing_rows(report: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Name, place, pipelines and source of every part that is not there."""
    return [
        (
            part["name"] + ("" if part["required"] else " (optional)"),
            near(part["path"]),
            ", ".join(part["needed_by"]),
            part["source"],
        )
        for part in report["parts"]
        if not part["found"]
    ]


def finding_rows(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """Severity, code, place and texts of every finding."""
    return [
        (
            finding["severity"],
            finding["code"],
            _place(finding),
            *(finding[text] for text in ("what", "cause", "remedy")),
        )
        for finding in report["findings"]
    ]


def need_rows(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What the next stages take, and what there is."""
    needs = report["needs"]
    fits = {True: "", False: ": NOT ENOUGH"}
    return [
        ("patches", f"{needs['patches']:,} to {near(needs['patch_file'])}"),
        (
            "disk",
            f"{size(needs['disk_bytes'])} needed, {size(needs['free_bytes'])} free"
            + fits[needs["disk_fits"]],
        ),
        (
            "memory",
            f"about {size(needs['memory_bytes'])} needed, "
            f"{size(needs['available_bytes'])} free" + fits[needs["memory_fits"]],
        ),
    ]


def to_markdown(report: dict[str, Any]) -> str:
    """Write the report as Markdown."""
    parts = [
        f"# Doctor: {report['check']} check\n\n{escape(report['verdict'])}.",
        _section("What is there", ("part", "path", "facts"), part_rows(report)),
        _section(
            "What is missing",
            ("part", "looked for at", "needed by", "to be had from"),
            missing_rows(report),
        ),
        _section("What was found", FINDING_HEADINGS, finding_rows(report)),
        _section("What ingest and patches take", ("", ""), need_rows(report)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe(facts: dict[str, Any]) -> str:
    """Write the facts of a part in one line, the most telling first."""
    texts = _numbers(facts)
    if instances := facts.get("scene_instances"):
        texts.append(_number(instances, "scene instance"))
    texts += [
        f"{label}{_counts(facts[name])}"
        for name, label in (
            ("cameras", "cameras "),
            ("sizes", "height x width "),
            ("formats", ""),
            ("containers", "MATLAB "),
        )
        if facts.get(name)
    ]
    if "container" in facts:
        texts.append(f"MATLAB {facts['container']}")
    if "shape" in facts:
        texts.append(f"shape {tuple(facts['shape'])}")
    if facts.get("dtypes"):
        texts.append(", ".join(facts["dtypes"]))
    if "bytes" in facts:
        texts.append(size(facts["bytes"]))
    return "; ".join(texts)


def _numbers(facts: dict[str, Any]) -> list[str]:
    if "variable" in facts:
        return [_number(facts["images"], "block")] if "images" in facts else []
    if "noisy_files" not in facts:
        return []
    found, readable = facts["noisy_files"], facts["images"]
    clean = facts.get("clean_files")
    what = "image" if clean is None else "noisy image"
    texts = [_number(found, what)]
    texts += [] if clean is None else [_number(clean, "clean image")]
    return texts + ([] if found == readable else [f"{readable:,} of {found:,} usable"])


def size(number: float) -> str:
    """Write a number of bytes.

    >>> size(1536)
    '1.5 KiB'
    """
    for unit in ("B", "KiB", "MiB"):
        if number < KIB:
            return f"{number:.4g} {unit}"
        number /= KIB
    return f"{number:,.1f} GiB"


def escape(text: str) -> str:
    r"""Make every character of a text mean itself in a table of Markdown.

    >>> print(escape("a_1 | b"))
    a\_1 \| b
    """
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", text).replace("\n", " ")


def _record(seen: Examination) -> dict[str, Any]:
    part = seen.part
    return {
        "name": part.name,
        "kind": part.kind,
        "path": str(part.path),
        "found": seen.found,
        "required": part.required,
        "needed_by": list(part.needed_by),
        "source": part.source,
        "facts": seen.facts,
    }


def _section(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    lines += [f"| {' | '.join(map(escape, row))} |" for row in rows]
    return f"## {title}\n\n" + "\n".join(lines)


def _place(finding: dict[str, Any]) -> str:
    if not finding["index"]:
        return near(finding["file"])
    number = f" ({finding['count']} places)" if finding["count"] > 1 else ""
    return f"{near(finding['file'])}: {finding['index']}{number}"


def _counts(values: dict[str, int]) -> str:
    shown = [f"{name} ({number})" for name, number in list(values.items())[:SHOWN]]
    if len(values) == 1:
        shown = list(values)
    more = len(values) - SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
