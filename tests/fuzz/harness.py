"""Runs the fuzzing in processes that may die, and says what killed them."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

CHILD = Path(__file__).with_name("child.py")
FINE = ("loaded", "refused")
LAST_LINES = 12  # of what a process said before it died

Work = list[tuple[str, int, int]]


@dataclass
class Results:
    """What came of the inputs of one reader.

    Attributes:
        counts: How many were ``loaded``, ``refused`` or ``failed``.
        failures: What happened, by the index that makes the input again.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[int, str] = field(default_factory=dict)

    def add(self, index: int, outcome: str) -> None:
        """Note what came of one input."""
        self.counts[outcome if outcome in FINE else "failed"] += 1
        if outcome not in FINE:
            self.failures[index] = outcome


def fuzz(work: Work, *, child: Path = CHILD) -> dict[str, Results]:
    """Give readers their damaged files.

    Args:
        work: Reader, first index and the one behind the last.
        child: The program that reads them.

    Returns:
        What came of them, by reader. An input that ends the process (crash, hang) is a
        failure, and the next process goes on behind it.

    Raises:
        RuntimeError: The process ended before its first input.
    """
    results = {reader: Results() for reader, _, _ in work}
    while work:
        work = _behind(work, _run_child(work, results, child))
    return results


def _run_child(
    work: Work, results: dict[str, Results], child: Path
) -> tuple[str, int] | None:
    """Run one process; return the input that killed it, None if none did."""
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [sys.executable, str(child), json.dumps(work)],
            stdout=subprocess.PIPE,
            stderr=words,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "SILENT"},
        )
        assert process.stdout
        began = _follow(process.stdout, results)
        process.stdout.close()
        status = process.wait()
        if status == 0:
            return None
        last = _last_lines(words)
    if began is None:
        raise RuntimeError(f"The fuzzed process ended with {status}: {last}")
    reader, index = began
    results[reader].add(index, f"the process ended with {status}: {last}")
    return began


def _follow(lines: IO[bytes], results: dict[str, Results]) -> tuple[str, int] | None:
    """Take the reports; return the input that began and did not end."""
    began = None
    for line in lines:
        reader, index, outcome = json.loads(line)
        if outcome == "began":
            began = (reader, index)
        elif began:
            results[reader].add(index, outcome)
            began = None
    return began


def _behind(work: Work, killed_by: tuple[str, int] | None) -> Work:
    """Return what is left of the work behind an input."""
    if killed_by is None:
        return []
    reader, index = killed_by
    place = next(
        number
        for number, (name, start, stop) in enumerate(work)
        if name == reader and start <= index < stop
    )
    stop = work[place][2]
    rest = [(reader, index + 1, stop)] if index + 1 < stop else []
    return rest + work[place + 1 :]


def _last_lines(words: IO[bytes]) -> str:
    words.seek(0)
    lines = words.read().decode(errors="replace").splitlines()
    return " | ".join(lines[-LAST_LINES:])
