from io import StringIO

import pytest
from rich.console import Console

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.outcome import Outcome
from cbsn_pipeline.submission_checks.report import describe, print_report, to_markdown


def finding(severity, code, index=""):
    return Finding(severity, code, "a.csv", index, "Got [x] | y.", "Cause.", "Remedy.")


@pytest.fixture
def report():
    found = [finding("warning", "brightness"), finding("error", "order", "ID 1")]
    found.append(finding("error", "order", "ID 2"))
    return describe(("kaggle", Outcome("a.csv", (3, 4), found, ["header"])))


def test_the_report_counts_places_and_puts_errors_first(report):
    assert (report["num_errors"], report["num_warnings"]) == (2, 1)
    assert report["verdict"] == "errors: do not upload this"
    assert [f["code"] for f in report["findings"]] == ["order", "brightness"]
    assert report["findings"][0]["index"] == "ID 1, ID 2"
    assert (report["num_blocks"], report["expected_blocks"]) == (0, 12)


def test_without_findings_it_says_what_was_checked():
    report = describe(("dnd", Outcome("up", (3, 4), [], ["file names", "order"])))

    assert report["verdict"] == "nothing wrong found"
    assert "Checked: file names; order." in to_markdown(report)
    assert "| what |" not in to_markdown(report)


def test_warnings_alone_are_no_errors():
    report = describe(("dnd", Outcome("up", (3, 4), [finding("warning", "time")])))

    assert report["verdict"] == "warnings: look before you upload"


def test_markdown_means_what_it_shows(report):
    text = to_markdown(report)

    assert "| error: `order` (2) | a.csv ID 1, ID 2 | Got \\[x\\] \\| y. |" in text


def test_the_table_shows_every_finding(report):
    screen = StringIO()

    print_report(report, Console(file=screen))

    shown = screen.getvalue()
    assert "order (2)" in shown
    assert "Got [x] | y." in shown
    assert "Errors: do not upload this (2 errors, 1 warnings)." in shown
