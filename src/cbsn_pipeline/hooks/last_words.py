"""Calls a function before the process ends, however it is ended, short of kill -9."""

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

# What a scheduler and a closed terminal send; Ctrl-C raises by itself.
SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class LastWords:
    """Calls ``function(argument)`` at the end of the process, unless told to forget.

    Python runs its ``atexit`` functions after an exception, Ctrl-C included, but not
    after a signal: the signal is made a SystemExit, with the status that it is known
    by (143 for SIGTERM). A signal that somebody else handles or ignores is left alone.
    """

    def __init__(self, function: Callable[[str], None], argument: str) -> None:
        self._function, self._argument = function, argument
        self._pid = 0  # of the process that prepared; 0: nobody
        self._signals: list[int] = []

    def prepare(self) -> None:
        """Be ready from now on.

        To be called after MLflow was imported: its own atexit function would call the
        run FINISHED, and of those functions the last in is the first called.
        """
        self._pid = os.getpid()
        atexit.register(self._speak)
        if threading.current_thread() is not threading.main_thread():
            return  # signals can only be caught in the main thread
        for number in SIGNALS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._exit)
                self._signals.append(number)

    def forget(self) -> None:
        """Nothing is left to say: put everything back."""
        self._pid = 0
        atexit.unregister(self._speak)
        if threading.current_thread() is not threading.main_thread():
            return
        while self._signals:
            number = self._signals.pop()
            if signal.getsignal(number) == self._exit:
                signal.signal(number, signal.SIG_DFL)

    def _speak(self) -> None:
        if self._pid == os.getpid():  # a forked worker is not the run
            self._function(self._argument)

    def _exit(self, number: int, frame: FrameType | None) -> None:
        if self._pid == os.getpid():
            raise SystemExit(128 + number)
        signal.signal(number, signal.SIG_DFL)  # a worker ends as if we were not here
        os.kill(os.getpid(), number)
