"""Checks Kaggle's CSV file: one line is in memory at a time."""

from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.sidd.submission import BLOCK_CHARACTERS, BLOCK_SHAPE
from cbsn_pipeline.formats.text_lines import READ_ERRORS, open_bytes, read_lines
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.submission_checks.noisy_input import NoisyBlocks
from cbsn_pipeline.submission_checks.outcome import Outcome, unreadable
from cbsn_pipeline.submission_checks.rules.kaggle_blocks import read_block
from cbsn_pipeline.submission_checks.rules.kaggle_ids import check_ids, name_block
from cbsn_pipeline.submission_checks.rules.kaggle_rows import (
    Header,
    check_columns,
    read_header,
    read_id,
    split_row,
)

LONGEST_LINE = 12 * BLOCK_CHARACTERS  # float64 takes eight times the characters
MOST_TIMES = 12  # bytes of the whole, as a multiple of a right file's
MOST_LINES = 3  # the same for lines: each may become a finding

CHECKED = (
    "header",
    "IDs (all there, once, in order)",
    "base64 (alphabet, length)",
    "size of each block",
)


def check_kaggle(path: Path, outcome: Outcome, noisy: NoisyBlocks | None) -> None:
    """Check a CSV file, plain or in a gzip or zip.

    Args:
        path: The file.
        outcome: Takes findings and blocks.
        noisy: The noisy blocks, if they are at hand.
    """
    outcome.checked += CHECKED
    rows = _Rows(outcome, noisy)
    total = outcome.grid[0] * outcome.grid[1]
    most = (total + 1) * BLOCK_CHARACTERS * MOST_TIMES
    try:
        with (
            open_bytes(path) as stream,
            Progress("Checking", total=total, unit="blocks") as bar,
        ):
            for line, text in read_lines(stream, longest=LONGEST_LINE, most=most):
                if not rows.take(line, text):
                    break
                bar.advance(len(rows.ids) - bar.completed)
    except (DatasetError, *READ_ERRORS) as error:
        where = f"after {len(rows.ids)} blocks"
        outcome.findings.append(unreadable(outcome.file, error, where))
    rows.finish()


class _Rows:
    """Takes line after line."""

    def __init__(self, outcome: Outcome, noisy: NoisyBlocks | None) -> None:
        self._outcome, self._noisy = outcome, noisy
        self._header: Header | None = None
        self.ids: list[int] = []
        self._lines: list[int] = []
        self._started = False
        self._num_lines = 0
        self._most_lines = MOST_LINES * outcome.grid[0] * outcome.grid[1] + 100

    def take(self, line: int, text: bytes) -> bool:
        """Check a line; False if the rest cannot be read."""
        self._started = True
        if self._header is None:
            findings, self._header = read_header(text, self._outcome.file)
            self._outcome.findings += findings
            if self._header is None:
                return False
            if self._header.present:
                return True
        self._take_block(line, text, self._header)
        self._num_lines += 1
        if self._num_lines > self._most_lines:
            raise DatasetError(
                f"it goes on after {self._num_lines - 1:,} lines, far more than the "
                "submission has. Were texts broken into several lines, or is it "
                "another file?"
            )
        return True

    def _take_block(self, line: int, text: bytes, header: Header) -> None:
        file, findings = self._outcome.file, self._outcome.findings
        fields = split_row(text.removeprefix(b"\xef\xbb\xbf"), header.delimiter)
        wrong = check_columns(fields, header, file=file, index=f"line {line}")
        findings += wrong
        if len(fields) <= max(header.id_column, header.block_column):
            return
        wrong, number = read_id(
            fields[header.id_column], file=file, index=f"line {line}"
        )
        findings += wrong
        name = f"line {line}"
        if number is not None:
            name = name_block(number, self._outcome.grid[1])
            self.ids.append(number)
            self._lines.append(line)
        problems, block = read_block(
            fields[header.block_column], BLOCK_SHAPE, file=file, index=name
        )
        findings += problems
        if block is not None and number is not None:
            noisy = self._noisy.block(number) if self._noisy else None
            self._outcome.add(block, noisy, place=number, name=name)

    def finish(self) -> None:
        """Check the IDs, once all are known."""
        outcome = self._outcome
        if not self._started:
            outcome.findings.append(unreadable(outcome.file, "it is empty."))
        if self._header is not None:
            outcome.findings += check_ids(
                self.ids, self._lines, file=outcome.file, grid=outcome.grid
            )
