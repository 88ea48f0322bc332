"""Reads one array of a MATLAB file, whichever of the two containers it is in.

MATLAB v5 to v7 files are a list of tagged elements; v7.3 files are HDF5, with every
array stored with its axes reversed. The container is found from the bytes: data sets
reach users re-saved, and the name does not say how.
"""

import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.raw_file import check_file

Container = Literal["v5", "v7.3"]
Spelling = tuple[str, ...]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEADER_BYTES = 128  # text, version and byte order of a v5 file
TAG_BYTES = 8  # type and length before each element of a v5 file
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
        DatasetError: See :func:`container`.
    """
    if container(path) == "v5":
        from scipy.io import whosmat

        _check_elements(path)
        try:
            return {name: (shape, kind) for name, shape, kind in whosmat(path)}
        except (ValueError, TypeError, OSError, zlib.error) as error:
            raise _truncated(path, "v5", str(error)) from error
    import h5py

    with _open_hdf5(path) as file:
        return {
            name: (item.shape[::-1], str(item.dtype))
            for name, item in file.items()
            if isinstance(item, h5py.Dataset)
        }


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
            variable is absent (lists what is there) or not a numeric array.
    """
    find_variable(path, name)
    is_v5 = container(path) == "v5"
    array = _read_v5(path, name) if is_v5 else _read_v73(path, name, dtype)
    if not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise DatasetError(
            f"{path}: variable {name!r} is {array.dtype} of shape {array.shape}; "
            "expected a numeric array. Is it a struct or cell of another file?"
        )
    if as_stored:
        return np.asarray(array, dtype=dtype)
    return np.ascontiguousarray(array, dtype=dtype)


def _read_v5(path: Path, name: str) -> NDArray[Any]:
    from scipy.io import loadmat

    try:
        array: NDArray[Any] = loadmat(path, variable_names=[name])[name]
    except (ValueError, TypeError, OSError, KeyError, zlib.error) as error:
        raise _truncated(path, "v5", str(error)) from error
    return array


def _read_v73(path: Path, name: str, dtype: Any) -> NDArray[Any]:  # noqa: ANN401
    with _open_hdf5(path) as file:
        stored = file[name] if dtype is None else file[name].astype(dtype)
        try:
            array: NDArray[Any] = stored[()]  # converted piece by piece
        except OSError as error:
            raise _truncated(path, "v7.3", str(error)) from error
    return array.T  # HDF5 counts axes from the other end


def _open_hdf5(path: Path) -> Any:  # noqa: ANN401
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise _truncated(path, "v7.3", str(error)) from error


def _check_elements(path: Path) -> None:
    """Raise if the elements of a v5 file reach beyond its end: scipy may not notice."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
        order: Literal["little", "big"] = "little" if header[-2:] == b"IM" else "big"
        position = HEADER_BYTES
        while position < size:
            file.seek(position + TAG_BYTES // 2)
            length = int.from_bytes(file.read(TAG_BYTES // 2), order)
            position += TAG_BYTES + length
    if position != size:
        raise _truncated(
            path, "v5", f"its elements need {position:,} bytes, it has {size:,}"
        )


def _truncated(path: Path, kind: Container, detail: str) -> DatasetError:
    return DatasetError(
        f"{path} is a MATLAB {kind} file that is truncated or damaged ({detail}). Was "
        "the download or copy interrupted? Compare its size with docs/data.md and "
        "fetch it again."
    )
