"""Reads arrays of MATLAB v5 files; runs in the process of :mod:`..files.isolated`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.files.isolated import Damaged, NotRead

HEADER_BYTES = 128  # text, version and byte order
TAG_BYTES = 8  # type and length before each element


def check_length(path: Path) -> None:
    """Raise unless the elements end where the file does: scipy skips what is missing.

    Source:
        "MAT-File Format", The MathWorks, chapter 1 (level 5).

    Raises:
        Damaged: They reach beyond its end.
    """
    size, position = path.stat().st_size, HEADER_BYTES
    with path.open("rb") as file:
        order: Any = "little" if file.read(HEADER_BYTES)[-2:] == b"IM" else "big"
        while position < size:
            file.seek(position + TAG_BYTES // 2)
            position += TAG_BYTES + int.from_bytes(file.read(TAG_BYTES // 2), order)
    if position > size:
        raise Damaged(f"its elements need {position:,} bytes, it has {size:,}")


def list_arrays(path: Path) -> list[tuple[str, tuple[int, ...], str]]:
    """List name, shape in MATLAB's order and MATLAB's class of every variable.

    Raises:
        NotRead: It holds an object, of which scipy cannot tell the shape.
    """
    from scipy.io import whosmat

    check_length(path)
    try:
        return [(name, shape, kind) for name, shape, kind in whosmat(path)]
    except TypeError as error:
        if "NoneType" not in str(error):  # of the shape that an object does not have
            raise
        raise NotRead(
            "it holds an object of a class of MATLAB's, such as a string or a table. "
            "Save the numeric arrays alone"
        ) from error


def read_array(path: Path, name: str, dtype: str | None) -> NDArray[Any]:
    """Read one numeric array, with its axes reversed: as it is in the file.

    Args:
        path: The file.
        name: The variable.
        dtype: Convert to this type; None keeps what is stored.

    Raises:
        NotRead: Its numbers are complex, or it is something else.
    """
    from scipy.io import loadmat

    array = loadmat(path, variable_names=[name])[name]
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "uifb":
        kind = "complex" if np.iscomplexobj(array) else f"a {type(array).__name__}"
        raise NotRead(f"its variable {name!r} is {kind}; real numbers are expected")
    return array.astype(dtype or array.dtype, copy=False).T
