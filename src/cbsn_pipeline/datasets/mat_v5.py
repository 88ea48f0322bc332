"""Reads numeric arrays of MATLAB v5 files, and nothing else that they may hold.

A v5 file (also v6 and v7) is a list of elements: a tag (type and length), then the
content, which may be compressed. Cells, structs, objects and function handles are
listed and never built. Nothing is allocated that the bytes of the file cannot fill.

Source:
    "MAT-File Format", The MathWorks, chapter 1 (level 5).
"""

import math
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES = 128  # text, version and byte order
TAG_BYTES = 8  # type and length before each element
MATRIX, COMPRESSED = 14, 15
FLAGS_BYTES = 8
LOGICAL, COMPLEX = 0x02, 0x08
OPAQUE = 17  # strings, tables and other classes: no shape is stored

MOST_AXES = 32
MOST_NAME_BYTES = 4096
MOST_VARIABLES = 10_000
MOST_INFLATION = 1100  # deflate makes at most 1032 bytes of one
PIECE = 2**20  # bytes of compressed data that are read at once

KINDS = {
    1: "cell",
    2: "struct",
    3: "object",
    4: "char",
    5: "sparse",
    6: "double",
    7: "single",
    8: "int8",
    9: "uint8",
    10: "int16",
    11: "uint16",
    12: "int32",
    13: "uint32",
    14: "int64",
    15: "uint64",
    16: "function",
    OPAQUE: "opaque",
}
NUMERIC = {  # and the bytes of a number, at most
    "double": 8,
    "single": 4,
    "logical": 1,
    **{f"{sign}int{8 * size}": size for sign in ("", "u") for size in (1, 2, 4, 8)},
}
# How numbers are stored: MATLAB keeps a double that holds small integers as such.
STORED = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}

ByteOrder = Literal["little", "big"]


class Variable(NamedTuple):
    """What the beginning of an element says.

    Attributes:
        name: Empty for what MATLAB keeps for itself.
        shape: In MATLAB's order; empty for ``opaque``.
        kind: MATLAB's class, or ``logical``.
        is_complex: Whether an imaginary part follows the real one.
        position: Of the element in the file.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    is_complex: bool
    position: int


class _Stream(Protocol):
    """The content of one element, decompressed."""

    left: int  # bytes that may still come, at most

    def read(self, size: int) -> bytearray: ...
    def finish(self) -> None: ...


def list_v5(path: Path) -> list[Variable]:
    """List the variables of a v5 file; of each only the beginning is read.

    Raises:
        ValueError: It is truncated or damaged.
        zlib.error: A compressed element is damaged.
    """
    with path.open("rb") as file:
        order = _byte_order(file)
        found = []
        for position, _, _ in _elements(file, order, path.stat().st_size):
            stream = _open_element(file, position, order)
            variable = _read_header(stream, order, position)
            if variable is not None and variable.name:
                found.append(variable)
    return found


def read_v5(path: Path, variable: Variable) -> NDArray[Any]:
    """Read one numeric array, with the type that it is stored with.

    Args:
        path: The file.
        variable: One that :func:`list_v5` found in it, of a kind of :data:`NUMERIC`.

    Returns:
        The array in MATLAB's order of axes, in Fortran's order in memory.

    Raises:
        ValueError: It is truncated or damaged.
        zlib.error: Its compressed bytes are damaged.
    """
    with path.open("rb") as file:
        order = _byte_order(file)
        stream = _open_element(file, variable.position, order)
        _read_header(stream, order, variable.position)
        kind, size, inline = _read_tag(stream, order)
        if kind not in STORED:
            raise ValueError(f"its numbers are of the unknown type {kind}")
        dtype = np.dtype(STORED[kind]).newbyteorder("<" if order == "little" else ">")
        if dtype.itemsize > NUMERIC[variable.kind]:
            raise ValueError(f"its {variable.kind} numbers are stored as {dtype}")
        if size != math.prod(variable.shape) * dtype.itemsize:
            raise ValueError(
                f"{size:,} bytes of {dtype} do not fill the shape {variable.shape}"
            )
        content = inline if inline is not None else stream.read(size)
        stream.finish()
    array = np.frombuffer(content, dtype).reshape(variable.shape, order="F")
    return array.astype(dtype.newbyteorder("="), copy=False)


def _byte_order(file: BufferedReader) -> ByteOrder:
    file.seek(HEADER_BYTES - 2)
    return "little" if file.read(2) == b"IM" else "big"


def _elements(
    file: BufferedReader, order: ByteOrder, file_size: int
) -> Iterator[tuple[int, int, int]]:
    """Step over the elements: position, type and length of each."""
    position = HEADER_BYTES
    for _ in range(MOST_VARIABLES):
        if position == file_size:
            return
        file.seek(position)
        tag = file.read(TAG_BYTES)
        kind = int.from_bytes(tag[:4], order)
        length = int.from_bytes(tag[4:], order)
        end = position + TAG_BYTES + length
        if len(tag) < TAG_BYTES or end > file_size:
            raise ValueError(f"its elements need {end:,} bytes, it has {file_size:,}")
        yield position, kind, length
        position = end
    raise ValueError(f"it has more than {MOST_VARIABLES:,} elements")


def _open_element(file: BufferedReader, position: int, order: ByteOrder) -> _Stream:
    """Give the content of the array at a position."""
    file.seek(position)
    tag = file.read(TAG_BYTES)
    kind, length = int.from_bytes(tag[:4], order), int.from_bytes(tag[4:], order)
    if kind == MATRIX:
        return _Plain(file, length)
    if kind != COMPRESSED:
        raise ValueError(f"an element of the unknown type {kind} is at {position:,}")
    stream = _Inflating(file, length)
    inner = stream.read(TAG_BYTES)
    if int.from_bytes(inner[:4], order) != MATRIX:
        raise ValueError(f"what is compressed at {position:,} is no array")
    stream.left = min(stream.left, int.from_bytes(inner[4:], order))
    return stream


def _read_header(stream: _Stream, order: ByteOrder, position: int) -> Variable | None:
    """Read class, shape and name of an array; None if it is empty altogether."""
    if not stream.left:
        return None
    flags = _read_field(stream, order, most=FLAGS_BYTES)
    if len(flags) != FLAGS_BYTES:
        raise ValueError(f"the array at {position:,} has no flags")
    word = int.from_bytes(flags[:4], order)
    kind = KINDS.get(word & 0xFF)
    if kind is None:
        raise ValueError(f"the array at {position:,} is of no class of MATLAB's")
    marks = word >> 8 & 0xFF
    shape: tuple[int, ...] = ()
    if kind != "opaque":
        axes = _read_field(stream, order, most=4 * MOST_AXES)
        shape = tuple(
            int.from_bytes(axes[i : i + 4], order, signed=True)
            for i in range(0, len(axes), 4)
        )
        if len(axes) % 4 or len(shape) < 2 or min(shape) < 0:  # noqa: PLR2004
            raise ValueError(f"the array at {position:,} has the shape {shape}")
    name = _read_field(stream, order, most=MOST_NAME_BYTES).decode("latin-1")
    if marks & LOGICAL:
        kind = "logical"
    return Variable(name, shape, kind, bool(marks & COMPLEX), position)


def _read_field(stream: _Stream, order: ByteOrder, *, most: int) -> bytearray:
    """Read a small field and the padding behind it."""
    _, size, inline = _read_tag(stream, order)
    if inline is not None:
        return inline
    if size > most:
        raise ValueError(f"a field of its header has {size:,} bytes")
    content = stream.read(size)
    stream.read(-size % TAG_BYTES)
    return content


def _read_tag(stream: _Stream, order: ByteOrder) -> tuple[int, int, bytearray | None]:
    """Read type and size of a field, and its content where that is in the tag."""
    tag = stream.read(TAG_BYTES)
    kind = int.from_bytes(tag[:4], order)
    packed_size = kind >> 16
    if not packed_size:
        return kind, int.from_bytes(tag[4:], order), None
    if packed_size > TAG_BYTES // 2:
        raise ValueError(f"a tag holds {packed_size} bytes, where 4 have room")
    return kind & 0xFFFF, packed_size, tag[4 : 4 + packed_size]


class _Plain:
    """The content of an element that is not compressed."""

    def __init__(self, file: BufferedReader, length: int) -> None:
        self._file = file
        self.left = length

    def read(self, size: int) -> bytearray:
        """Read exactly so many bytes.

        Raises:
            ValueError: There are fewer.
        """
        _check_room(size, self.left)
        content = bytearray(size)
        got = self._file.readinto(content)
        if got != size:
            raise ValueError(f"its file ends {size - got:,} bytes too early")
        self.left -= size
        return content

    def finish(self) -> None:
        """Nothing to check: no checksum follows."""


class _Inflating:
    """The content of a compressed element, inflated as far as it is asked for."""

    def __init__(self, file: BufferedReader, length: int) -> None:
        self._file, self._packed_left = file, length
        self._inflater = zlib.decompressobj()
        self.left = length * MOST_INFLATION

    def read(self, size: int) -> bytearray:
        """Inflate exactly so many bytes.

        Raises:
            ValueError: There are fewer.
            zlib.error: They are damaged.
        """
        _check_room(size, self.left)
        content, filled = bytearray(size), 0
        while filled < size:
            piece = self._inflate(size - filled)
            if not piece:
                raise ValueError("its compressed bytes end too early")
            content[filled : filled + len(piece)] = piece
            filled += len(piece)
        self.left -= size
        return content

    def finish(self) -> None:
        """Raise if the compressed bytes do not end, with the right checksum, here."""
        padding = 0
        while padding < TAG_BYTES and (piece := self._inflate(TAG_BYTES)):
            padding += len(piece)
        if not self._inflater.eof:
            raise ValueError("its compressed bytes do not end where the array does")

    def _inflate(self, most: int) -> bytes:
        """Inflate a piece of at most so many bytes; empty at the end."""
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail
            if not packed:
                packed = self._file.read(min(PIECE, self._packed_left))
                self._packed_left -= len(packed)
            piece = self._inflater.decompress(packed, min(most, PIECE))
            if piece or not packed:
                return piece
        return b""


def _check_room(size: int, left: int) -> None:
    if size > left:
        raise ValueError(f"{size:,} bytes are announced where {left:,} have room")
