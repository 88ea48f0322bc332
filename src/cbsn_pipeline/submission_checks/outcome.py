"""What a check found and what it looked at; blocks are gathered here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.content import (
    CHECKED_AGAINST_INPUT,
    CHECKED_ALONE,
    check_content,
)
from cbsn_pipeline.submission_checks.rules.facts import BlockFacts, measure_block
from cbsn_pipeline.submission_checks.rules.report import report


@dataclass
class Outcome:
    """The state of one check.

    Attributes:
        file: What is checked, as the user would name it.
        grid: Number of images, and of blocks or crops per image.
        findings: So far, in the order found.
        checked: What was looked at, in words.
        noisy: Where the noisy input is; None if it was not compared with.
    """

    file: str
    grid: tuple[int, int]
    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    noisy: Path | None = None
    _facts: dict[int, BlockFacts] = field(default_factory=dict)

    @property
    def num_blocks(self) -> int:
        """Blocks or crops whose pixels could be read."""
        return len(self._facts)

    def add(
        self,
        pixels: NDArray[Any],
        noisy: NDArray[Any] | None,
        *,
        place: int,
        name: str,
        file: str | None = None,
    ) -> None:
        """Measure a block; the first one counts where a place comes twice.

        Args:
            pixels: Levels 0..255, (H, W, 3).
            noisy: The noisy block of that place, or None.
            place: Where the site takes it for, from 0.
            name: Its place in words.
            file: The file it is in, if that is not the submission itself.
        """
        if place in self._facts or not 0 <= place < self.grid[0] * self.grid[1]:
            return
        if noisy is not None and noisy.shape != pixels.shape:
            noisy = None
        self._facts[place] = measure_block(
            pixels, noisy, place=place, name=name, file=file or self.file
        )

    def finish(self) -> "Outcome":
        """Look at what was measured of all blocks, once none is to come."""
        facts: Sequence[BlockFacts] = [fact for _, fact in sorted(self._facts.items())]
        self.findings += check_content(facts, file=self.file, grid=self.grid)
        if facts:
            self.checked += CHECKED_ALONE
        if any(fact.noisy for fact in facts):
            self.checked += CHECKED_AGAINST_INPUT
        return self


def unreadable(file: str, error: object, index: str = "") -> Finding:
    """Report a file, or the rest of one, that cannot be read."""
    return report("unreadable", file, index, reason=error)


def without_input(file: str, looked_for: Path) -> Finding:
    """Note that blocks could not be compared with the noisy ones."""
    skipped = ", ".join(CHECKED_AGAINST_INPUT)
    return report("input_absent", file, path=looked_for, skipped=skipped)


def input_unusable(file: str, noisy: Path, reason: object, *, named: bool) -> Finding:
    """Report a noisy input that is there but cannot be compared with."""
    name = "input_unusable/named" if named else "input_unusable"
    return report(name, file, path=noisy, reason=reason)
