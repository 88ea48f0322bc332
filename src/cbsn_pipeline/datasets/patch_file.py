"""Reads the file of patches."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.patch_extraction import PATCHES_VERSION
from cbsn_pipeline.datasets.raw_file import check_file

AGAIN = "Make it again: `kedro run --pipelines ingest,patches`."


class PatchFile:
    """Patches in an HDF5 file, read one by one; what training draws from.

    The file is opened on first use, once in each process: the object can be pickled
    and sent to others, and used from several threads.

    Args:
        path: The file.

    Raises:
        DatasetError: If it is missing, incomplete, of another format or not HDF5.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: tuple[int, Any] | None = None  # process and open file
        attributes = read_attributes(path)
        self.fingerprint: str = attributes["fingerprint"]
        self.digest: str = attributes["digest"]
        self.kind: str = attributes["kind"]
        with _open(path) as file:
            self.shape: tuple[int, ...] = file["patches"].shape
            self.dtype = np.dtype(file["patches"].dtype)
            self.image_names: tuple[str, ...] = tuple(file["image_names"].asstr()[:])
            self._provenance: NDArray[np.int32] = file["provenance"][:]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> NDArray[Any]:
        """Read one patch: (P, P, 3), uint8 in 0..255 or float32 in [0, 1]."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"Patch {index} of {len(self)} in {self.path}.")
        patch: NDArray[Any] = self._file()["patches"][index % len(self)]
        return patch

    def describe(self, index: int) -> str:
        """Say which image a patch is from, and where in it."""
        image, row, column = self._provenance[index]
        return f"{self.image_names[image]} (row {row}, column {column})"

    def read_all(self) -> NDArray[Any]:
        """Read every patch into memory: (N, P, P, 3), type as :meth:`__getitem__`."""
        patches: NDArray[Any] = self._file()["patches"][:]
        return patches

    def close(self) -> None:
        """Close the file; the next read opens it again."""
        if self._handle and self._handle[0] == os.getpid():
            self._handle[1].close()
        self._handle = None

    def _file(self) -> Any:  # noqa: ANN401
        if self._handle is None or self._handle[0] != os.getpid():
            self._handle = (os.getpid(), _open(self.path))  # a fork must open its own
        return self._handle[1]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_handle": None}


def read_attributes(path: Path) -> dict[str, Any]:
    """Read what a finished file of patches says of itself.

    Raises:
        DatasetError: If it is missing, incomplete, of another format or not HDF5.
    """
    check_file(path, expected="the patches that `kedro run --pipelines patches` makes")
    with _open(path) as file:
        attributes = dict(file.attrs)
    if not attributes.get("complete", False):
        raise DatasetError(
            f"{path} is not a finished file of patches: its mark `complete` is "
            f"missing. Was the program that wrote it stopped? {AGAIN}"
        )
    if attributes["format_version"] != PATCHES_VERSION:
        raise DatasetError(
            f"{path} has format version {attributes['format_version']}; expected "
            f"{PATCHES_VERSION}. Another version of this program wrote it. {AGAIN}"
        )
    return attributes


def _open(path: Path) -> Any:  # noqa: ANN401
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DatasetError(
            f"{path} is not an HDF5 file, or damaged: {error}. {AGAIN}"
        ) from error
