import re
import signal
import subprocess

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


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-signal.SIGSEGV, r"the process that read it died \(SIGSEGV\)"),
        (-signal.SIGXCPU, "more than 60 minutes of a core"),
        (1, r"died \(status 1\)"),
    ],
)
def test_a_process_that_dies_is_a_finding(paths, monkeypatch, status, words):
    died = subprocess.CompletedProcess([], status)
    monkeypatch.setattr(apart.subprocess, "run", lambda *_, **__: died)

    report = apart.check_apart(paths, EXPECTED)

    (finding,) = report["findings"]
    assert report["kind"] == "unknown"
    assert (finding["severity"], finding["code"]) == ("error", "unreadable")
    assert finding["file"] == str(paths.path)
    assert re.search(words, finding["what"])


CRASHING = """
import ctypes, sys
from pathlib import Path
from cbsn_pipeline.submission_checks import apart
apart.check = lambda paths, expected: ctypes.string_at(0)
apart.main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
"""


def test_a_crash_of_a_library_ends_that_process_alone(paths, monkeypatch):
    run = subprocess.run

    def crash(command, **options):
        return run([command[0], "-c", CRASHING, *command[3:]], **options)

    monkeypatch.setattr(apart.subprocess, "run", crash)

    report = apart.check_apart(paths, EXPECTED)

    assert "SIGSEGV" in report["findings"][0]["what"]
