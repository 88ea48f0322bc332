import ctypes

import pytest

from cbsn_pipeline.datasets.submission_dataset import SubmissionPaths
from cbsn_pipeline.submission_checks import apart
from cbsn_pipeline.submission_checks.checking import check
from cbsn_pipeline.submission_checks.expected import Expected
from cbsn_pipeline.submission_checks.report import describe

EXPECTED = Expected(kind="auto", grid=(2, 2), dnd_grid=(50, 20), crop_size=512)


@pytest.fixture
def paths(tmp_path):
    submission = tmp_path / "submission.csv"
    submission.write_text("ID,PIXELS\n0,AAAA\n")
    nowhere = tmp_path / "nowhere"
    return SubmissionPaths(submission, None, nowhere, nowhere)


def test_the_report_is_that_of_the_check(paths):
    assert apart.check_apart(paths, EXPECTED) == describe(check(paths, EXPECTED))


def crash(*_):
    """Do in the other process what a library does with a hostile file."""
    ctypes.string_at(0)


def test_a_process_that_dies_is_a_finding(paths, monkeypatch):
    monkeypatch.setattr(apart, "check_named", crash)

    report = apart.check_apart(paths, EXPECTED)

    (finding,) = report["findings"]
    assert report["kind"] == "unknown"
    assert (finding["severity"], finding["code"]) == ("error", "unreadable")
    assert finding["file"] == str(paths.path)
    assert "crashes on it: SIGSEGV" in finding["what"]
