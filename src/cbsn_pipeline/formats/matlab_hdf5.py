"""Writes values as MATLAB does in its v7.3 files, which are HDF5.

Imitates what MATLAB wrote in the ``info.mat`` of DND: axes reversed, the class of every
value as an attribute, cells as references to what lies in ``#refs#``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

USER_BLOCK = 512  # bytes before HDF5 begins, as MATLAB leaves them
REFERENCES = "#refs#"  # where the contents of cells lie

_VERSION_MARK = b"\x00\x02IM"
_HEADER_BYTES = 124
_CLASSES = {"float32": "single", "float64": "double", "uint8": "uint8"}

Value = float | str | NDArray[Any] | Mapping[str, "Value"]


def put(parent: Any, name: str, value: Value, **storage: Any) -> Any:  # noqa: ANN401
    """Store a value as MATLAB does: axes reversed, its class as an attribute.

    Args:
        parent: An open HDF5 file or group.
        name: Of the variable or field.
        value: An array in MATLAB's order of axes (other types than float32, float64
            and uint8 become double), a number, a text, or a mapping (a 1x1 struct).
        storage: For ``create_dataset``, such as a compression.

    Returns:
        What was made.
    """
    if isinstance(value, Mapping):
        group = parent.create_group(name)
        for field, inner in value.items():
            put(group, field, inner)
        mark_struct(group, tuple(value))
        return group
    if isinstance(value, str) and not value:
        return _put_empty_text(parent, name)
    array, kind = _as_array(value)
    # A creation time would make every file different.
    dataset = parent.create_dataset(name, data=array.T, track_times=False, **storage)
    dataset.attrs["MATLAB_class"] = np.bytes_(kind)
    if kind == "char":
        dataset.attrs["MATLAB_int_decode"] = np.int32(2)
    return dataset


def put_cell(file: Any, name: str, references: NDArray[Any]) -> None:  # noqa: ANN401
    """Store a cell of what was put into ``#refs#`` before.

    Args:
        file: An open HDF5 file.
        name: Of the variable.
        references: The cell's contents in MATLAB's order of axes, as HDF5 references.
    """
    dataset = file.create_dataset(name, data=references.T, track_times=False)
    dataset.attrs["MATLAB_class"] = np.bytes_("cell")


def put_canonical_empty(references: Any) -> None:  # noqa: ANN401
    """Store what MATLAB puts first into ``#refs#``, for cells without content."""
    empty = np.zeros(2, np.uint64)
    dataset = references.create_dataset("a", data=empty, track_times=False)
    dataset.attrs["MATLAB_class"] = np.bytes_("canonical empty")
    dataset.attrs["MATLAB_empty"] = np.uint8(1)


def mark_struct(group: Any, fields: Sequence[str]) -> None:  # noqa: ANN401
    """Say that a group is a struct, and the order of its fields."""
    import h5py

    group.attrs["MATLAB_class"] = np.bytes_("struct")
    names = np.empty(len(fields), dtype=object)
    for index, field in enumerate(fields):
        names[index] = np.frombuffer(field.encode(), dtype="S1")
    group.attrs.create("MATLAB_fields", names, dtype=h5py.vlen_dtype(np.dtype("S1")))


def write_header(path: Path, text: bytes) -> None:
    """Write the first bytes of a closed file, by which MATLAB knows it.

    Args:
        path: A file made with a user block of 512 bytes.
        text: Begins with ``MATLAB 7.3 MAT-file``.
    """
    with path.open("r+b") as file:
        file.write(text.ljust(_HEADER_BYTES) + _VERSION_MARK)


def _as_array(value: float | str | NDArray[Any]) -> tuple[NDArray[Any], str]:
    if isinstance(value, str):
        units = np.frombuffer(value.encode("utf-16-le"), np.uint16)
        return units[None], "char"
    array = np.atleast_2d(np.asarray(value))
    if array.dtype.name not in _CLASSES:
        array = array.astype(np.float64)
    return array, _CLASSES[array.dtype.name]


def _put_empty_text(parent: Any, name: str) -> Any:  # noqa: ANN401
    """Store a 0x0 char: of an empty value MATLAB stores the size."""
    dataset = parent.create_dataset(
        name, data=np.zeros(2, np.uint64), track_times=False
    )
    dataset.attrs["MATLAB_class"] = np.bytes_("char")
    dataset.attrs["MATLAB_empty"] = np.uint8(1)
    dataset.attrs["MATLAB_int_decode"] = np.int32(2)
    return dataset
