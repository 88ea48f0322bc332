"""Reads one array of a MATLAB file, whichever of the two containers it is in.

MATLAB v5 to v7 files are a list of tagged elements; v7.3 files are HDF5, with every
array stored with its axes reversed. The container is found from the bytes: data sets
reach users re-saved, and the name does not say how.
"""

import math
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.hdf5_file import read_stored, survey_hdf5
from cbsn_pipeline.datasets.mat_v5 import (
    HEADER_BYTES,
    NUMERIC,
    Variable,
    list_v5,
    read_v5,
)
from cbsn_pipeline.datasets.raw_file import check_file
from cbsn_pipeline.datasets.read_limit import check_decoded_size

Container = Literal["v5", "v7.3"]
Spelling = tuple[str, ...]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
USER_BLOCKS = (0, 512, 1024, 2048)  # where HDF5 may start; MATLAB uses 512


def container(path: Path) -> Container:
    """Tell from its bytes which of MATLAB's two formats a file is in.

    Args:
        path: Any file. An HDF5 file that another program wrote counts as v7.3.

    Returns:
        ``v5`` (also for v6 and v7, which share its layout) or ``v7.3``.

    Raises:
        DatasetError: If it is missing, empty, truncated or no MATLAB file.
    """
    check_file(path, expected="a MATLAB file")
    with path.open("rb") as file:
        start = file.read(USER_BLOCKS[-1] + len(HDF5_SIGNATURE))
    if any(start.startswith(HDF5_SIGNATURE, block) for block in USER_BLOCKS):
        return "v7.3"
    version = _header_version(start)
    if version == "v5":
        return "v5"
    if version == "v7.3":
        raise _truncated(path, "v7.3", "the HDF5 part after its header is missing")
    raise DatasetError(
        f"{path} is not a MATLAB file; expected v5 (written by save or "
        f"scipy.io.savemat) or v7.3 (HDF5), got bytes that start with {start[:16]!r}. "
        "Is it another format with the suffix .mat, or a download that failed? Files "
        "of MATLAB 4 must be saved again."
    )


def _header_version(start: bytes) -> Container | None:
    mark = start[HEADER_BYTES - 4 : HEADER_BYTES]
    versions: dict[bytes, Container] = {
        b"\x00\x01IM": "v5",
        b"\x01\x00MI": "v5",
        b"\x00\x02IM": "v7.3",
        b"\x02\x00MI": "v7.3",
    }
    return versions.get(mark)


def find_variable(path: Path, *names: str) -> str:
    """Return the first of ``names`` that the file has.

    Args:
        path: A MATLAB file of either container.
        names: Accepted spellings, the preferred one first.

    Raises:
        DatasetError: If it has none (the message lists what it has), or see
            :func:`container`.
    """
    present = list_variables(path)
    for name in names:
        if name in present:
            return name
    listed = ", ".join(f"{name} {shape}" for name, (shape, _) in present.items())
    raise DatasetError(
        f"{path} has no variable {' or '.join(map(repr, names))}; it has "
        f"{listed or 'none at all'}. Is it the file you meant?"
    )


def list_variables(path: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """List the arrays of a file with MATLAB shape and class, without reading them.

    Raises:
        DatasetError: See :func:`container`; also if one name occurs twice.
    """
    if container(path) == "v5":
        return {v.name: (v.shape, v.kind) for v in _list_v5(path).values()}
    survey = survey_hdf5(path)
    return {name: (a.shape[::-1], a.kind) for name, a in survey.items()}


def read_variable(
    path: Path,
    name: str,
    *,
    dtype: Any = None,  # noqa: ANN401
    as_stored: bool = False,
) -> NDArray[Any]:
    """Read one numeric array with its axes in MATLAB's order.

    Args:
        path: A MATLAB file of either container.
        name: The variable.
        dtype: Convert to this type while reading; None keeps what is stored.
        as_stored: Leave the values in memory as they are in the file, the first axis
            varying fastest: no second copy of a large array, but cutting is slower.

    Returns:
        The array, C-contiguous unless ``as_stored``, values as stored.

    Raises:
        DatasetError: If the file is missing, empty, truncated or no MATLAB file, the
            variable is absent (lists what is there), not a numeric array, or larger
            than what is read (see :mod:`~cbsn_pipeline.datasets.read_limit`).
    """
    find_variable(path, name)
    is_v5 = container(path) == "v5"
    array = _read_v5(path, name) if is_v5 else _read_v73(path, name, dtype)
    if as_stored:
        return np.asarray(array, dtype=dtype)
    return np.ascontiguousarray(array, dtype=dtype)


def _list_v5(path: Path) -> dict[str, Variable]:
    try:
        variables = list_v5(path)
    except (ValueError, zlib.error) as error:
        raise _truncated(path, "v5", str(error)) from error
    by_name = {variable.name: variable for variable in variables}
    if len(by_name) != len(variables):
        raise DatasetError(
            f"{path} holds {len(variables)} variables under {len(by_name)} names; "
            "expected every name once. Were two files joined? MATLAB writes no such "
            "file: fetch it again."
        )
    return by_name


def _read_v5(path: Path, name: str) -> NDArray[Any]:
    variable = _list_v5(path)[name]
    if variable.kind not in NUMERIC or variable.is_complex:
        kind = f"complex {variable.kind}" if variable.is_complex else variable.kind
        raise _not_numeric(path, name, kind, variable.shape)
    _check_size(path, name, variable.shape, NUMERIC[variable.kind])
    try:
        return read_v5(path, variable)
    except (ValueError, zlib.error) as error:
        raise _truncated(path, "v5", str(error)) from error


def _read_v73(path: Path, name: str, dtype: Any) -> NDArray[Any]:  # noqa: ANN401
    stored = survey_hdf5(path)[name]
    shape = stored.shape[::-1]
    if not stored.is_numeric:
        raise _not_numeric(path, name, stored.kind, shape)
    itemsize = max(np.dtype(stored.dtype).itemsize, np.dtype(dtype).itemsize)
    _check_size(path, name, shape, itemsize)
    try:
        return read_stored(path, stored, dtype=dtype).T  # axes from the other end
    except (ValueError, zlib.error) as error:
        raise _truncated(path, "v7.3", str(error)) from error


def _check_size(path: Path, name: str, shape: tuple[int, ...], itemsize: int) -> None:
    what = f"variable {name!r} of shape {shape}"
    check_decoded_size(math.prod(shape) * itemsize, path=path, what=what)


def _not_numeric(
    path: Path, name: str, kind: str, shape: tuple[int, ...]
) -> DatasetError:
    return DatasetError(
        f"{path}: variable {name!r} is {kind} of shape {shape}; expected a numeric "
        "array. Is it a struct or cell of another file? Nothing but numbers is read."
    )


def _truncated(path: Path, kind: Container, detail: str) -> DatasetError:
    return DatasetError(
        f"{path} is a MATLAB {kind} file that is truncated or damaged ({detail}). Was "
        "the download or copy interrupted? Compare its size with docs/data.md and "
        "fetch it again."
    )
