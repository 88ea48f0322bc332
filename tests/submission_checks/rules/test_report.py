"""The table of findings is whole; docs/submission_checks.md shows what it says."""

import os
import re
from pathlib import Path

import pytest

from cbsn_pipeline import submission_checks
from cbsn_pipeline.submission_checks.rules import messages
from cbsn_pipeline.submission_checks.rules.messages import MESSAGES
from cbsn_pipeline.submission_checks.rules.report import report

PAGE = Path(__file__).resolve().parents[3] / "docs" / "submission_checks.md"
SOURCES = Path(submission_checks.__file__).parent
TABLES = (
    *(messages.FILES, messages.KAGGLE, messages.MATLAB),
    *(messages.DND, messages.PIXELS),
)

LEAD = (
    "A code may have several causes; ... stands for what differs from file to file.\n"
    "This table is written from those in\n"
    "`src/cbsn_pipeline/submission_checks/rules/messages/`.\n\n"
)


def test_a_finding_has_the_texts_of_its_row_with_what_was_seen():
    finding = report("id_repeated", "a.csv", "line 9", count=2, got=4, first=6)

    assert (finding.severity, finding.code) == ("error", "id_repeated")
    assert (finding.file, finding.index, finding.count) == ("a.csv", "line 9", 2)
    assert finding.what == "Expected every ID once; ID 4 was on line 6 already."
    assert finding.remedy == "Write every block once."


def test_cases_of_a_code_are_reported_by_that_code():
    assert report("time/not_positive", "a.mat", got="got 0").code == "time"


def test_braces_in_what_was_seen_stay_as_they_are():
    finding = report("unreadable", "a.mat", reason="it has {braces} and {0}.")

    assert finding.what.endswith("it has {braces} and {0}.")


def test_what_a_text_asks_for_must_be_given():
    with pytest.raises(KeyError, match="got"):
        report("time/not_positive", "a.mat")


def test_no_table_replaces_a_row_of_another():
    assert len(MESSAGES) == sum(map(len, TABLES))


def test_every_row_is_used():
    files = [*SOURCES.glob("*.py"), *(SOURCES / "rules").glob("*.py")]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)

    assert set(re.findall(r'"([a-z0-9_/]+)"', text)) >= set(MESSAGES)


def test_the_page_lists_every_row_of_the_table():
    """WRITE_CODES=1 writes it anew."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split("## Codes\n", 1)
    after = rest.split("\n## ", 1)[1]
    expected = f"{before}## Codes\n{codes()}\n## {after}"
    if os.environ.get("WRITE_CODES"):
        PAGE.write_text(expected, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == expected


def codes():
    rows = [("code", "severity", "likely cause", "what to do"), ("---",) * 4]
    for name, message in MESSAGES.items():
        texts = (message.cause, message.remedy)
        rows.append((f"`{name.split('/')[0]}`", message.severity, *map(shown, texts)))
    lines = (f"| {' | '.join(row)} |\n" for row in dict.fromkeys(rows))
    return "".join((LEAD, *lines))


def shown(text):
    """What is put in only when a file is seen is an ellipsis."""
    return re.sub(r"\{[^}]*\}", "...", text).replace("|", "\\|").replace("*", "\\*")
