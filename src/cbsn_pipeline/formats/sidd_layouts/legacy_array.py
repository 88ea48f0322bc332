"""SubmitSrgb.mat of SIDD's Python kit: v5, one array of all blocks.

MATLAB orders the values of an array with the first axis, the images, varying fastest:
no image can be written before all are known. SciPy would hold the array three times;
here it is turned piece by piece.
"""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.submission import (
    ARRAY_VARIABLE,
    OPTIONAL_VARIABLE,
    TIME_VARIABLE,
)
from cbsn_pipeline.formats.blocks_spool import BlocksSpool
from cbsn_pipeline.formats.sidd_layouts.extras import Extras

HEADER_TEXT = b"MATLAB 5.0 MAT-file, written by cbsn_pipeline"
COLUMNS = 64  # of the blocks, turned at a time: 21 MB

_HEADER_BYTES = 128
_TEXT_BYTES = 116
_INT8, _UINT8, _INT32, _UINT32, _MATRIX = 1, 2, 5, 6, 14  # types of elements
_UINT8_CLASS = 9


def write(path: Path, spool: BlocksSpool, extras: Extras) -> None:
    """Write all blocks, then time and optional data.

    Args:
        path: The file.
        spool: The denoised blocks.
        extras: Time and optional data.
    """
    with path.open("wb") as file:
        file.write(_file_header() + _array_header(spool.shape))
        for piece in _pieces(spool):
            file.write(piece.tobytes(order="F"))
        file.write(_small_variables(extras))


def check(path: Path, spool: BlocksSpool, extras: Extras) -> None:
    """Read the file back and compare it with what was denoised.

    SciPy reads what is in the file and the small variables, numpy the large one.

    Raises:
        ValueError: A variable has another shape, type or content.
    """
    from scipy.io import loadmat, whosmat

    listed = {name: (shape, kind) for name, shape, kind in whosmat(path)}
    wanted = {
        ARRAY_VARIABLE: (spool.shape, "uint8"),
        TIME_VARIABLE: ((1, 1), "double"),
        OPTIONAL_VARIABLE: ((1, 1), "struct"),
    }
    if listed != wanted:
        raise ValueError(f"{path} is read as {listed}; expected {wanted}.")
    small = loadmat(path, variable_names=[TIME_VARIABLE])
    if small[TIME_VARIABLE].item() != extras.seconds_per_megapixel:
        raise ValueError(f"{path}: {TIME_VARIABLE} is not read as written.")
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES + len(_array_header(spool.shape)))
        for piece in _pieces(spool):
            found = np.fromfile(file, np.uint8, piece.size)
            if not np.array_equal(found, piece.ravel(order="F")):
                raise ValueError(
                    f"{path}: pixels are read with other values than were denoised. Is "
                    "the disk full or failing?"
                )


def _pieces(spool: BlocksSpool) -> Iterator[NDArray[np.uint8]]:
    """Cut (images, blocks, rows, columns, channels) along its slowest axes.

    Yields:
        (images, blocks, rows, some columns) of one channel: one after the other, the
        first axis varying fastest, they are the whole array in MATLAB's order.
    """
    images, blocks, rows, columns, channels = spool.shape
    for channel in range(channels):
        for start in range(0, columns, COLUMNS):
            some = slice(start, start + COLUMNS)
            width = len(range(columns)[some])
            piece = np.empty((images, blocks, rows, width), np.uint8, order="F")
            for image in range(images):
                piece[image] = spool.read(image)[..., some, channel]
            yield piece


def _file_header() -> bytes:
    """Text, no subsystem, version 1.0, little-endian."""
    return HEADER_TEXT.ljust(_TEXT_BYTES) + bytes(8) + b"\x00\x01IM"


def _array_header(shape: tuple[int, ...]) -> bytes:
    """Everything of the array's element that comes before its values."""
    name = ARRAY_VARIABLE.encode("ascii")
    num_values = int(np.prod(shape))
    inner = (
        _element(_UINT32, struct.pack("<2I", _UINT8_CLASS, 0))
        + _element(_INT32, struct.pack(f"<{len(shape)}i", *shape))
        + _element(_INT8, name)
        + struct.pack("<2I", _UINT8, num_values)
    )
    # the values, a multiple of 196,608, need no padding
    return struct.pack("<2I", _MATRIX, len(inner) + num_values) + inner


def _element(kind: int, content: bytes) -> bytes:
    """Type, length, content, padded to eight bytes."""
    padding = bytes(-len(content) % 8)
    return struct.pack("<2I", kind, len(content)) + content + padding


def _small_variables(extras: Extras) -> bytes:
    """Time and optional data as elements, without the header of a file."""
    from scipy.io import savemat

    buffer = io.BytesIO()
    values = {
        TIME_VARIABLE: extras.seconds_per_megapixel,
        OPTIONAL_VARIABLE: extras.texts(),
    }
    savemat(buffer, values)  # type: ignore[arg-type]  # open files too
    return buffer.getvalue()[_HEADER_BYTES:]
