"""Calls functions that read untrusted files, in a process of its own that may die.

Libraries that read MATLAB files, HDF5 and pictures crash on some damaged files, hang on
others, or fill the memory. They are therefore called in a child process with a limit of
memory and time; what they return comes back through a pipe: facts as JSON, or one array
of numbers. A child serves many calls; one that dies or hangs is replaced.
"""

import atexit
import json
import math
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

SECONDS = 60.0  # that a call may take, beside one for every MiB of the file
SPARE_MEMORY = 2**30  # bytes that libraries may take beside what they return
MOST_HEADER = 2**28  # bytes of an answer's JSON
MIB = 2**20
_LENGTH_BYTES = 8

R = TypeVar("R")

PROGRAM = "from cbsn_pipeline.files import isolated; isolated.serve()"


class Damaged(Exception):  # noqa: N818
    """A file that a library cannot read, crashes on or does not finish."""


class NotRead(Exception):  # noqa: N818
    """A whole file that holds what is not read on purpose."""


def call(
    function: Callable[..., R],
    path: Path,
    *arguments: Any,  # noqa: ANN401
    memory: int = 0,
    seconds: float | None = None,
) -> R:
    """Call a function about a file in a child process.

    Args:
        function: One at the top of a module. It takes the path and the arguments, and
            returns what JSON can hold (tuples become lists), or one numeric array.
        path: The file.
        arguments: More arguments, of what JSON can hold.
        memory: Bytes that it may take, besides :data:`SPARE_MEMORY`.
        seconds: That it may take; by default :data:`SECONDS` and one per MiB.

    Raises:
        NotRead: The function raised it.
        Damaged: It raised anything else, crashed, or took too much memory or time.
    """
    absolute = os.fspath(path.absolute())
    name = [function.__module__, function.__qualname__]
    if seconds is None:
        seconds = SECONDS + path.stat().st_size / MIB
    request = json.dumps([*name, absolute, arguments, memory, seconds]).encode()
    child = _take_idle() or _Child()
    try:
        header, array = child.ask(request, seconds)
    except BaseException:  # also Ctrl-C: half of an answer may be in the pipe
        child.stop()
        raise
    _idle_children().append(child)
    if "not_read" in header:
        raise NotRead(header["not_read"])
    if "damaged" in header:
        raise Damaged(header["damaged"])
    result: R = header["facts"] if array is None else array  # type: ignore[assignment]
    return result


class _Child:
    """A process that answers one request at a time."""

    def __init__(self) -> None:
        path = os.pathsep.join(sys.path)
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | threads | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for us
        )

    def ask(
        self, request: bytes, seconds: float
    ) -> tuple[dict[str, Any], NDArray[Any] | None]:
        """Send a request; return the answer's header, and its array if there is one."""
        assert self.process.stdin
        self._deadline, self._seconds = time.monotonic() + seconds, seconds
        try:
            self.process.stdin.write(request + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._died() from None
        length = bytearray(_LENGTH_BYTES)
        self._receive(length)
        size = int.from_bytes(length)
        if size > MOST_HEADER:
            raise Damaged(f"reading it gives {size:,} bytes of description")
        text = bytearray(size)
        self._receive(text)
        header: dict[str, Any] = json.loads(text)
        if "array" not in header:
            return header, None
        dtype, shape = header["array"]
        array = np.empty(shape, np.dtype(dtype))
        self._receive(array.reshape(-1).view(np.uint8))
        return header, array

    def _receive(self, target: bytearray | NDArray[np.uint8]) -> None:
        """Fill a buffer from the pipe before the deadline."""
        assert self.process.stdout
        pipe, view = self.process.stdout.fileno(), memoryview(target)  # type: ignore[arg-type]
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while view.nbytes:
                if not selector.select(self._deadline - time.monotonic()):
                    raise Damaged(
                        f"the library that reads it is not done in {self._seconds:g} s"
                    )
                count = os.readv(pipe, [view])
                if not count:
                    raise self._died()
                view = view[count:]

    def _died(self) -> Damaged:
        status = self.process.wait()
        how = signal.Signals(-status).name if status < 0 else f"status {status}"
        return Damaged(f"the library that reads it crashes on it: {how}")

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


_children: dict[int, list[_Child]] = {}  # idle ones, by the process that started them


def _idle_children() -> list[_Child]:
    return _children.setdefault(os.getpid(), [])  # a fork must start its own


def _take_idle() -> _Child | None:
    """Take a child that waits and lives; threads may ask at once."""
    idle = _idle_children()
    while idle:
        try:
            child = idle.pop()
        except IndexError:
            return None
        if child.process.poll() is None:
            return child
        child.stop()
    return None


def stop_children() -> None:
    """End the idle processes; the next call starts another."""
    idle = _idle_children()
    while idle:
        idle.pop().stop()


atexit.register(stop_children)


def serve() -> None:
    """Answer requests, a line each, until there are no more: the child's program."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is not an answer
    for line in sys.stdin.buffer:
        header, array = _answer(*json.loads(line))
        text = json.dumps(header).encode()
        answers.write(len(text).to_bytes(_LENGTH_BYTES) + text)
        if array is not None:
            answers.write(array.reshape(-1).view(np.uint8).data)
        answers.flush()


def _answer(
    module: str,
    name: str,
    path: str,
    arguments: list[Any],
    memory: int,
    seconds: float,
) -> tuple[dict[str, Any], NDArray[Any] | None]:
    """Call the function under limits; return the answer's header and array."""
    _limit_memory(SPARE_MEMORY + memory)
    _limit_time(seconds)
    try:
        result = getattr(import_module(module), name)(Path(path), *arguments)
        if isinstance(result, np.ndarray):
            array = np.ascontiguousarray(result)
            return {"array": [array.dtype.str, array.shape]}, array
        return {"facts": result}, None
    except NotRead as refusal:
        return {"not_read": str(refusal)}, None
    except MemoryError:
        return {"damaged": "reading it asks for more memory than it declares"}, None
    except Exception as error:  # noqa: BLE001  a library has any for a damaged file
        return {"damaged": " ".join(str(error).split()) or type(error).__name__}, None


def _limit_memory(size: int) -> None:
    """Let this process take ``size`` bytes more than it has."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return  # not Linux: the address space cannot be limited reliably
    taken = int(statm.read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = taken + size
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _limit_time(seconds: float) -> None:
    """End this process after so many seconds of work, if its parent no longer can."""
    used = math.ceil(sum(os.times()[:2]) + seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or used < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (used, hard))
