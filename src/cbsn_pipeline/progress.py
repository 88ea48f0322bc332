"""A progress bar with rate and remaining time; log lines where there is no terminal."""

import logging
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as RichProgress

logger = logging.getLogger(__name__)

LOG_EVERY_S = 10.0  # between two log lines, where no bar can be drawn


class Progress:
    """Shows how far a long loop is, on standard error.

    Args:
        label: What is being done, for example ``Reading``.
        total: How many units there are; may be changed on the way.
        unit: What is counted, in the plural.
        completed: Units done before, by a run that is resumed; not part of the rate.
        console: Where to draw; by default standard error. Without a terminal a log
            line comes every ten seconds instead.

    Example::

        with Progress("Training", total=1000, unit="steps") as bar:
            for report in steps:
                bar.advance(1, loss=f"{report.loss:.4f}")
    """

    def __init__(
        self,
        label: str,
        *,
        total: float,
        unit: str,
        completed: float = 0,
        console: Console | None = None,
    ) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.completed = self._before = completed
        self.fields: dict[str, object] = {}
        console = console or Console(stderr=True)
        self._bar = _bar(console) if console.is_terminal else None
        self._task = TaskID(0)
        self._start = self._logged = time.monotonic()

    def __enter__(self) -> Self:
        self._start = self._logged = time.monotonic()
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task(
                "", total=self.total, completed=int(self.completed), text=str(self)
            )
        return self

    def advance(self, count: float = 1, **fields: object) -> None:
        """Count units as done.

        Args:
            count: How many more.
            **fields: Texts or numbers to show from now on, by name.
        """
        self.completed += count
        self.fields.update(fields)
        if self._bar:
            self._bar.update(
                self._task,
                total=self.total,
                completed=self.completed,
                text=str(self),
            )
        elif time.monotonic() - self._logged >= LOG_EVERY_S:
            self._logged = time.monotonic()
            logger.info("%s/%s %s", *self._counts, str(self))

    @property
    def rate(self) -> float:
        """Units per second since the start; 0 before the first."""
        elapsed = time.monotonic() - self._start
        return (self.completed - self._before) / elapsed if elapsed else 0.0

    @property
    def _counts(self) -> tuple[str, str]:
        return _count(self.completed), _count(self.total)

    def __str__(self) -> str:
        rate = self.rate
        parts = [f"{self.label}: {_significant(rate)} {self.unit}/s"]
        if rate:
            parts.append(f"{_clock((self.total - self.completed) / rate)} left")
        parts += [f"{name} {_show(value)}" for name, value in self.fields.items()]
        return ", ".join(parts)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            with suppress(OSError):  # of a terminal that was closed
                self._bar.stop()
        done = "done" if kind is None else "stopped"
        seconds = time.monotonic() - self._start
        logger.info(
            "%s %s: %s of %s %s in %s (%s %s/s)",
            *(self.label, done, *self._counts, self.unit),
            *(_clock(seconds), _significant(self.rate), self.unit),
        )


def _bar(console: Console) -> RichProgress:
    text = TextColumn("{task.fields[text]}", markup=False)  # "[bold]" stays as it is
    return RichProgress(BarColumn(), MofNCompleteColumn(), text, console=console)


def _show(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _count(number: float) -> str:
    return f"{number:.1f}" if isinstance(number, float) else str(number)


def _significant(rate: float) -> str:
    return f"{rate:.3g}" if rate < 100 else f"{rate:.0f}"  # noqa: PLR2004


def _clock(seconds: float) -> str:
    """Write a duration as [h:]mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
