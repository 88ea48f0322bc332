"""Reads whatever a MATLAB file holds: arrays, text, cells and structs, v5 or v7.3.

For files of unknown origin: sizes are looked at before anything is read, nothing
outside the file is followed (external links and data of HDF5), and no object is built
that the file names.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError

from cbsn_pipeline.files.isolated import Damaged
from cbsn_pipeline.formats.mat_file import container, item_bytes
from cbsn_pipeline.formats.mat_v5_reader import check_length

READ_LIMIT = 1 << 30  # bytes of one variable: SIDD's blocks take a quarter
_REFERENCE = 8  # bytes of what is not a number: a character, or where a cell's item is
_FLOAT_KINDS = {"float64": "double", "float32": "single"}
_MAX_DEPTH = 3  # structs in structs
_READ_ERRORS = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError),
    *(zlib.error, MemoryError, EOFError, NotImplementedError, AttributeError),
    Damaged,
)


@dataclass(frozen=True)
class MatCell:
    """A cell: arrays of any kind side by side.

    Attributes:
        shape: Rows and columns, as in MATLAB.
        read: Takes an index and reads one item: an array, text, or None if it is
            neither.
    """

    shape: tuple[int, ...]
    read: Callable[[tuple[int, ...]], Any]


@dataclass(frozen=True)
class MatVariable:
    """What is known of a variable before it is read.

    Attributes:
        kind: MATLAB's class: cell, struct, char, logical, single, double, uint8, ...
        shape: As in MATLAB.
    """

    kind: str
    shape: tuple[int, ...]


class MatContents:
    """The variables of one MATLAB file.

    Args:
        path: The file; the container is told from its bytes.

    Raises:
        DatasetError: It is missing, empty, truncated or no MATLAB file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.container = container(path)
        listing = self._list_v5 if self.container == "v5" else self._list_v73
        try:
            self.variables: dict[str, MatVariable] = listing()
        except _READ_ERRORS as error:
            raise self._damaged(error) from error

    def read(self, name: str) -> Any:  # noqa: ANN401
        """Read a variable.

        Returns:
            An array with MATLAB's axes, a string, a :class:`MatCell`, or a dictionary
            for a struct.

        Raises:
            DatasetError: It is damaged, too large, or points out of the file.
        """
        variable = self.variables[name]
        itemsize = item_bytes(variable.kind) or _REFERENCE
        size = int(np.prod(variable.shape, dtype=np.float64)) * itemsize
        if size > READ_LIMIT:
            raise DatasetError(
                f"{self.path}: {name} is {variable.kind} of shape {variable.shape}, "
                f"{size:,} bytes; at most {READ_LIMIT:,} are read."
            )
        try:
            return (
                self._read_v5(name)
                if self.container == "v5"
                else self._read_v73(name, variable)
            )
        except _READ_ERRORS as error:
            raise self._damaged(error) from error

    def _damaged(self, error: BaseException) -> DatasetError:
        if isinstance(error, DatasetError):
            return error
        return DatasetError(
            f"{self.path} is a MATLAB {self.container} file that is truncated or "
            f"damaged ({error}). Write or copy it again."
        )

    def _list_v5(self) -> dict[str, MatVariable]:
        from scipy.io import whosmat

        check_length(self.path)
        return {
            name: MatVariable(kind, shape) for name, shape, kind in whosmat(self.path)
        }

    def _read_v5(self, name: str) -> Any:  # noqa: ANN401
        from scipy.io import loadmat

        return _from_scipy(loadmat(self.path, variable_names=[name])[name], 0)

    def _list_v73(self) -> dict[str, MatVariable]:
        import h5py

        with h5py.File(self.path, "r") as file:
            return {
                name: _describe_hdf5(_inside(file, name))
                for name in file
                if not name.startswith("#")
            }

    def _read_v73(self, name: str, variable: MatVariable) -> Any:  # noqa: ANN401
        import h5py

        if variable.kind == "cell":
            return MatCell(variable.shape, lambda index: self._read_item(name, index))
        with h5py.File(self.path, "r") as file:
            return _from_hdf5(_inside(file, name), file, 0)

    def _read_item(self, name: str, index: tuple[int, ...]) -> Any:  # noqa: ANN401
        import h5py

        try:
            with h5py.File(self.path, "r") as file:
                return _from_hdf5(file[_inside(file, name)[index[::-1]]], file, 1)
        except _READ_ERRORS as error:
            raise self._damaged(error) from error


def _from_scipy(value: Any, depth: int) -> Any:  # noqa: ANN401
    if not isinstance(value, np.ndarray) or depth > _MAX_DEPTH:
        return None
    if value.dtype.names:
        first = value.reshape(-1)[0] if value.size else None
        names = value.dtype.names if value.size else ()
        return {name: _from_scipy(first[name], depth + 1) for name in names}  # type: ignore[index]
    if value.dtype == object:
        return MatCell(value.shape, lambda i: _from_scipy(value[i], depth + 1))
    if value.dtype.kind == "U":
        return "\n".join(str(line) for line in value.reshape(-1))
    return value


def _inside(file: Any, name: str) -> Any:  # noqa: ANN401
    """Take an object that is in the file itself."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise DatasetError(f"{name!r} is a link to elsewhere; it is not followed.")
    return _local(file[name])


def _local(item: Any) -> Any:  # noqa: ANN401
    import h5py

    if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
        raise DatasetError(f"{item.name} keeps its data in another file: not read.")
    return item


def _describe_hdf5(item: Any) -> MatVariable:  # noqa: ANN401
    import h5py

    if isinstance(item, h5py.Group):
        return MatVariable("struct", (1, 1))
    if item.attrs.get("MATLAB_empty"):
        return MatVariable(_kind(item), (0, 0))
    return MatVariable(_kind(item), tuple(item.shape or ())[::-1])


def _kind(item: Any) -> str:  # noqa: ANN401
    import h5py

    named = item.attrs.get("MATLAB_class")
    if isinstance(named, bytes):
        return named.decode("ascii", "replace")
    if h5py.check_ref_dtype(item.dtype):
        return "cell"
    name = str(item.dtype.name)
    return _FLOAT_KINDS.get(name, name)


def _from_hdf5(item: Any, file: Any, depth: int) -> Any:  # noqa: ANN401
    import h5py

    if isinstance(item, h5py.Group):
        if depth > _MAX_DEPTH:
            return None
        return {name: _from_hdf5(_inside(item, name), file, depth + 1) for name in item}
    _local(item)
    if item.shape is None or item.size * item.dtype.itemsize > READ_LIMIT:
        raise DatasetError(f"{item.name} is empty or larger than {READ_LIMIT:,} bytes.")
    if h5py.check_ref_dtype(item.dtype):
        return None  # a cell inside of something else
    values = item[()]
    if item.attrs.get("MATLAB_empty"):
        values = values[:0]
    if _kind(item) == "char":
        return "".join(chr(code) for code in np.ravel(values))
    if isinstance(values, bytes):
        return values.decode("utf-8", "replace")
    array = np.asarray(values)
    return array.T if array.dtype.kind in "biuf" else None
