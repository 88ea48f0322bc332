"""Reads arrays of HDF5 files that nobody vouches for.

Where they are in the file is found out by another process, which may die of it
(:mod:`~cbsn_pipeline.datasets.hdf5_survey`); the bytes are then read and inflated here,
never more than the array has room for. The HDF5 library itself is not used here.
"""

import atexit
import json
import math
import os
import selectors
import subprocess
import sys
import threading
import zlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.read_limit import check_decoded_size

SECONDS = 60.0  # that a survey may take; a file of 100,000 patches takes one
READ_FILTERS = {"shuffle", "deflate"}
REMEDY = (
    "Was the download or copy interrupted, or the file made by another program? "
    "Compare its size with docs/data.md and fetch it again."
)


@dataclass(frozen=True)
class StoredArray:
    """Where the values of one array are.

    Attributes:
        shape: In HDF5's order of axes.
        dtype: As numpy spells it; ``object`` and the like for what is not numbers.
        filters: What was done to the chunks, in this order.
        offset: Of the first byte in the file, if the array is in one piece.
        values: Hexadecimal, if they are part of the description.
        chunk_shape: Of the pieces, if it is in pieces.
        chunks: Origin of each piece, its place in the file, its length, and a bit for
            every filter that was left out.
    """

    shape: tuple[int, ...]
    dtype: str
    filters: tuple[str, ...] = ()
    offset: int | None = None
    values: str | None = None
    chunk_shape: tuple[int, ...] | None = None
    chunks: tuple[tuple[int, ...], ...] = ()

    @property
    def is_numeric(self) -> bool:
        """Whether it holds whole or real numbers."""
        return self.dtype[:1] in "<>|=" and self.dtype[1:2] in "uif"

    @property
    def kind(self) -> str:
        """Type of the values by its name, such as ``uint8`` or ``object``."""
        return np.dtype(self.dtype).name if self.is_numeric else self.dtype

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


def survey_hdf5(path: Path) -> dict[str, StoredArray]:
    """Say what arrays are at the root of an HDF5 file, and where.

    Raises:
        DatasetError: It is truncated or damaged, or part of it is in another file.
    """
    return {name: stored_array(facts) for name, facts in ask(path, "survey").items()}


def stored_array(facts: dict[str, Any]) -> StoredArray:
    """Take an array out of an answer."""
    chunk_shape = facts.get("chunk_shape")
    return StoredArray(
        shape=tuple(facts["shape"]),
        dtype=facts["dtype"],
        filters=tuple(facts.get("filters", ())),
        offset=facts.get("offset"),
        values=facts.get("values"),
        chunk_shape=tuple(chunk_shape) if chunk_shape else None,
        chunks=tuple(tuple(chunk) for chunk in facts.get("chunks", ())),
    )


def read_stored(path: Path, array: StoredArray, *, dtype: Any = None) -> NDArray[Any]:  # noqa: ANN401
    """Read the values of an array.

    Args:
        path: The file.
        array: One that :func:`survey_hdf5` found in it, numeric; its size was checked.
        dtype: Convert to this type while reading; None keeps what is stored.

    Returns:
        The values, in the order of axes of HDF5, native byte order.

    Raises:
        DatasetError: It is compressed by another method than gzip.
        ValueError: Bytes are missing, or not what they were said to be.
        zlib.error: Compressed bytes are damaged.
    """
    if unknown := set(array.filters) - READ_FILTERS:
        raise DatasetError(
            f"{path} is stored with the filter {', '.join(sorted(unknown))}; expected "
            "gzip (deflate) and shuffle, as MATLAB and h5py write, or none. Save it "
            "again without."
        )
    stored = np.dtype(array.dtype)
    wanted = np.dtype(dtype) if dtype is not None else stored.newbyteorder("=")
    if array.chunk_shape is not None:
        return _read_chunks(path, array, wanted)
    if array.filters:
        raise ValueError("it is compressed, but not in pieces")
    if array.values is not None:
        content = bytes.fromhex(array.values)
        return np.frombuffer(content, stored).reshape(array.shape).astype(wanted)
    num_bytes = array.size * stored.itemsize
    if num_bytes == 0:
        return np.zeros(array.shape, wanted)
    if array.offset is None:
        raise ValueError("its values were never written")
    if array.offset + num_bytes > path.stat().st_size:
        raise ValueError("its values reach beyond the end of the file")
    mapped = np.memmap(path, stored, "r", array.offset, array.shape)
    return np.array(mapped, wanted, order="C")


def _read_chunks(path: Path, array: StoredArray, wanted: np.dtype[Any]) -> NDArray[Any]:
    stored, chunk_shape = np.dtype(array.dtype), array.chunk_shape
    assert chunk_shape is not None
    _check_chunks(array, chunk_shape)
    values = np.empty(array.shape, wanted)
    num_bytes = math.prod(chunk_shape) * stored.itemsize
    check_decoded_size(num_bytes, path=path, what=f"a piece of shape {chunk_shape}")
    file_size = path.stat().st_size
    with path.open("rb") as file:
        for *origin, offset, length, left_out in array.chunks:
            if offset + length > file_size:
                raise ValueError("a piece of it reaches beyond the end of the file")
            file.seek(offset)
            packed = file.read(length)
            filters = [f for i, f in enumerate(array.filters) if not left_out >> i & 1]
            content = _unpack(packed, filters, num_bytes, stored.itemsize)
            chunk = np.frombuffer(content, stored).reshape(chunk_shape)
            place = tuple(
                slice(start, min(start + extent, end))
                for start, extent, end in zip(
                    origin, chunk_shape, array.shape, strict=True
                )
            )
            inside = tuple(slice(s.stop - s.start) for s in place)
            values[place] = chunk[inside]
    return values


def _check_chunks(array: StoredArray, chunk_shape: tuple[int, ...]) -> None:
    """Raise unless the chunks are those that the shape asks for, each once."""
    counts = [
        -(-n // extent) for n, extent in zip(array.shape, chunk_shape, strict=True)
    ]
    expected = math.prod(counts)
    if len(array.chunks) != expected:
        raise ValueError(
            f"{len(array.chunks):,} of its {expected:,} pieces were written"
        )
    origins = product(
        *(
            range(0, n, extent)
            for n, extent in zip(array.shape, chunk_shape, strict=True)
        )
    )
    if {chunk[:-3] for chunk in array.chunks} != set(origins):
        raise ValueError("its pieces are not where they belong")


def _unpack(packed: bytes, filters: list[str], num_bytes: int, itemsize: int) -> bytes:
    """Undo the filters of one chunk; it never grows beyond ``num_bytes``."""
    content = packed
    for name in reversed(filters):
        if name == "deflate":
            inflater = zlib.decompressobj()
            content = inflater.decompress(content, num_bytes + 1)
        elif len(content) % itemsize == 0:
            rows = np.frombuffer(content, np.uint8).reshape(itemsize, -1)
            content = rows.T.tobytes()
    if len(content) != num_bytes:
        raise ValueError(
            f"a piece of it has {'more' if len(content) > num_bytes else 'fewer'} "
            f"than its {num_bytes:,} bytes"
        )
    return content


def ask(
    path: Path,
    question: str,
    *,
    what: str = "is a MATLAB v7.3 file that is truncated or damaged",
    remedy: str = REMEDY,
) -> Any:  # noqa: ANN401
    """Ask the other process about a file.

    Args:
        path: The file.
        question: A key of ``hdf5_survey.QUESTIONS``.
        what: What is to be said of the file when it is damaged.
        remedy: And what to do then.

    Returns:
        The facts.

    Raises:
        DatasetError: The file is truncated or damaged, leads to other files, or killed
            the process.
    """
    reply = _SURVEYOR.ask(question, path)
    if "not_read" in reply:
        raise DatasetError(
            f"{path} is not read: {reply['not_read']}. Expected plain arrays that are "
            "stored in the file itself, as MATLAB and this program write them. Who "
            "made the file? Fetch it again from where docs/data.md says."
        )
    if "damage" in reply:
        raise DatasetError(f"{path} {what} ({reply['damage']}). {remedy}")
    return reply["facts"]


class _Surveyor:
    """The other process: started when first asked, again after it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, question: str, path: Path) -> dict[str, Any]:
        """Ask one question; a process that dies or takes too long is an answer too."""
        line = json.dumps([question, os.fspath(path.absolute())]).encode() + b"\n"
        with self._lock:
            process = self._running()
            assert process.stdin
            try:
                process.stdin.write(line)
                process.stdin.flush()
                answer = self._wait_for_line(process)
            except BrokenPipeError:
                answer = b""
            if answer.endswith(b"\n"):
                reply: dict[str, Any] = json.loads(answer)
                return reply
            timed_out = process.poll() is None
            self.stop()
        if timed_out:
            return {"damage": f"the HDF5 library is not done with it in {SECONDS:g} s"}
        return {"damage": "the HDF5 library crashes on it"}

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner == os.getpid():
            return self._process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cbsn_pipeline.datasets.hdf5_survey"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is for us
        )
        self._owner = os.getpid()  # a fork must start its own
        return self._process

    @staticmethod
    def _wait_for_line(process: subprocess.Popen[bytes]) -> bytes:
        """Read a line; what came of it when the time is over or the process ends."""
        assert process.stdout
        descriptor, line = process.stdout.fileno(), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(SECONDS):
                    break
                piece = os.read(descriptor, 1 << 20)
                if not piece:
                    process.wait()
                    break
                line += piece
        return bytes(line)

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.communicate()


_SURVEYOR = _Surveyor()
atexit.register(_SURVEYOR.stop)
