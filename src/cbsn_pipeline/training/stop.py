"""Stop a training between two steps when somebody asks for it."""

import logging
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

logger = logging.getLogger(__name__)

# Ctrl-C, what a scheduler sends, and what a closed terminal sends
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    """Turns Ctrl-C, SIGTERM and SIGHUP into a wish that the training loop can grant.

    The loop finishes its step, saves, and calls :meth:`raise_as_requested`. A second
    Ctrl-C interrupts at once. A second SIGTERM changes nothing: schedulers send it to
    every process of a job, and a launcher hands its own on. Outside the main thread
    signals cannot be caught and nothing changes.

    Example:
        >>> with StopRequest() as stop:
        ...     stop.requested
        False
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._handlers: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._signal is not None

    def raise_as_requested(self) -> NoReturn:
        """End as the signal would have: KeyboardInterrupt, or SystemExit(143, 129).

        Where the signal came to another rank, as SIGTERM would have.
        """
        if self._signal == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + (self._signal or signal.SIGTERM))

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                ignored = signal.getsignal(number) is signal.SIG_IGN
                if ignored and number == signal.SIGHUP:  # nohup asks for it
                    continue
                self._handlers[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            return
        self._signal = number
        logger.warning(
            "%s: the training stops after this step and saves its state. Ctrl-C "
            "(once more) ends it at once, without saving.",
            signal.Signals(number).name,
        )
