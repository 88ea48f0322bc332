"""Reads one array of a MATLAB file, whichever of the two containers it is in.

MATLAB v5 to v7 files are a list of tagged elements; v7.3 files are HDF5, with every
array stored with its axes reversed. The container is found from the bytes: data sets
reach users re-saved, and the name does not say how.
"""

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats import hdf5_reader, mat_v5_reader
from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.formats.mat_v5_reader import HEADER_BYTES
from cbsn_pipeline.formats.read_limit import check_decoded_size
from cbsn_pipeline.formats.untrusted import read_untrusted

Container = Literal["v5", "v7.3"]
Spelling = tuple[str, ...]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
READERS = {"v5": mat_v5_reader, "v7.3": hdf5_reader}
COPIES = 3  # of an array, while it is read
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
        detail = "the HDF5 part after its header is missing"
        raise DatasetError(f"{path} {_damaged('v7.3').format(detail)}")
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
    version = container(path)
    damaged = _damaged(version)
    listed = read_untrusted(READERS[version].list_arrays, path, damaged=damaged)
    variables = {
        name: (tuple(shape), matlab_class) for name, shape, matlab_class in listed
    }
    if len(variables) != len(listed):
        raise DatasetError(
            f"{path} holds {len(listed)} variables under {len(variables)} names; "
            "expected every name once. Were two files joined? MATLAB writes no such "
            "file: fetch it again."
        )
    return variables


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
            than what is read (see :mod:`~cbsn_pipeline.formats.read_limit`).
    """
    find_variable(path, name)
    shape, matlab_class = list_variables(path)[name]
    itemsize = item_bytes(matlab_class)
    if itemsize is None:
        raise DatasetError(
            f"{path}: variable {name!r} is {matlab_class} of shape {shape}; expected a "
            "numeric array. Is it a struct or cell of another file? Nothing but "
            "numbers is read."
        )
    wanted = None if dtype is None else np.dtype(dtype)
    size = math.prod(shape) * max(itemsize, wanted.itemsize if wanted else 0)
    what = f"variable {name!r} of shape {shape}"
    check_decoded_size(size, path=path, what=what)
    kind = container(path)
    array: NDArray[Any] = read_untrusted(
        READERS[kind].read_array,
        path,
        name,
        wanted and wanted.str,
        damaged=_damaged(kind),
        memory=COPIES * size,
    ).T
    return array if as_stored else np.ascontiguousarray(array)


def item_bytes(matlab_class: str) -> int | None:
    """Bytes of a number of a class, by MATLAB's name or numpy's; None for others."""
    names = {"single": "float32", "double": "float64", "logical": "bool"}
    try:
        dtype = np.dtype(names.get(matlab_class, matlab_class))
    except TypeError:
        return None
    return dtype.itemsize if dtype.kind in "uifb" else None


def _damaged(kind: Container) -> str:
    return (
        f"is a MATLAB {kind} file that is truncated or damaged ({{}}). Was the "
        "download or copy interrupted? Compare its size with docs/data.md and fetch it "
        "again."
    )
