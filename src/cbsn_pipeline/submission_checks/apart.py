"""Checks a submission in a process of its own, which a hostile file may take down.

The libraries that read MATLAB's containers crash on some damaged files. A file that
anybody may have written must not end the check without a word: here the process that
reads it dies alone, and that is what the report says.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cbsn_pipeline.datasets.submission_dataset import SubmissionPaths
from cbsn_pipeline.processes import end_with_parent
from cbsn_pipeline.submission_checks.checking import check
from cbsn_pipeline.submission_checks.expected import Expected
from cbsn_pipeline.submission_checks.outcome import Outcome, unreadable
from cbsn_pipeline.submission_checks.report import describe

MEMORY_BYTES = 8 << 30  # of addresses; a whole submission takes less than 1 GiB
CPU_SECONDS = 3600  # a whole submission takes half a minute


def check_apart(paths: SubmissionPaths, expected: Expected) -> dict[str, Any]:
    """Do what :func:`~.checking.check` does, in another process.

    Args:
        paths: Where the submission is, and where its noisy input may be.
        expected: What it has to be.

    Returns:
        The report; if the process died, with that as its finding.
    """
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder) / "question.json", Path(folder) / "answer.json"
        question.write_text(_to_json(paths, expected), encoding="utf-8")
        names = [str(question), str(answer), str(os.getpid())]
        command = [sys.executable, "-m", __name__, *names]
        status = subprocess.run(command, check=False).returncode
        if status == 0:
            report: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
            return report
    outcome = Outcome(str(paths.path), expected.grid)
    outcome.findings.append(unreadable(outcome.file, _in_words(status)))
    return describe(("unknown", outcome))


def _to_json(paths: SubmissionPaths, expected: Expected) -> str:
    named = {name: path and str(path) for name, path in vars(paths).items()}
    return json.dumps({"paths": named, "expected": vars(expected)})


def _from_json(text: str) -> tuple[SubmissionPaths, Expected]:
    content = json.loads(text)
    named = {name: path and Path(path) for name, path in content["paths"].items()}
    expected = content["expected"]
    grids = {name: tuple(expected[name]) for name in ("grid", "dnd_grid")}
    return SubmissionPaths(**named), Expected(**expected | grids)


def _in_words(status: int) -> str:
    if status == -signal.SIGXCPU:
        return f"reading it took more than {CPU_SECONDS // 60} minutes of a core."
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    return f"the process that read it died ({how})."


def main(question: Path, answer: Path, parent: int) -> None:
    """Check what ``question`` names and write the report to ``answer``.

    Args:
        question: Where the submission is, and what it has to be.
        answer: Where to write.
        parent: Number of the process that asks, and that this one ends with.
    """
    end_with_parent(parent)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    paths, expected = _from_json(question.read_text(encoding="utf-8"))
    report = describe(check(paths, expected))
    answer.write_text(json.dumps(report), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
