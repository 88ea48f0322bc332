"""Reads the file of patches."""

import hashlib
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.hdf5_file import StoredArray, ask, stored_array
from cbsn_pipeline.datasets.patch_extraction import PATCHES_VERSION
from cbsn_pipeline.datasets.raw_file import check_file
from cbsn_pipeline.datasets.read_limit import check_decoded_size

TEXTS = ("fingerprint", "digest", "kind")
PATCHES_AXES = 4
MOST_PIXELS = 2**31  # of a side
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
        facts = _read_facts(path)
        attributes, patches = facts["attributes"], _check_arrays(path, facts)
        self.digest: str = attributes["digest"]
        self.kind: str = attributes["kind"]
        self.shape = patches.shape
        self.dtype = np.dtype(patches.dtype)
        self.image_names: tuple[str, ...] = tuple(facts["image_names"])
        self._provenance = np.array(facts["provenance"], np.int32).reshape(-1, 3)
        # of what is drawn from: not of how it is stored, as the file's own is
        content = f"{self.digest!a} {self.shape} {self.dtype}".encode()
        self.fingerprint = hashlib.sha256(
            content + self._provenance.tobytes()
        ).hexdigest()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int) -> NDArray[Any]:
        """Read one patch: (P, P, 3), uint8 in 0..255 or float32 in [0, 1]."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"Patch {index} of {len(self)} in {self.path}.")
        return self._read(index % len(self))

    def describe(self, index: int) -> str:
        """Say which image a patch is from, and where in it."""
        image, row, column = self._provenance[index]
        return f"{self.image_names[image]} (row {row}, column {column})"

    def image_of(self, index: int) -> int:
        """Say which image of the manifest a patch is from, counted from 0."""
        return int(self._provenance[index, 0])

    def read_all(self) -> NDArray[Any]:
        """Read every patch into memory: (N, P, P, 3), type as :meth:`__getitem__`."""
        what = f"the patches of shape {self.shape}"
        size = math.prod(self.shape) * self.dtype.itemsize
        check_decoded_size(size, path=self.path, what=what)
        return self._read(slice(None))

    def _read(self, which: int | slice) -> NDArray[Any]:
        try:
            patches: NDArray[Any] = self._file()["patches"][which]
        except OSError as error:
            raise DatasetError(f"{self.path} is damaged: {error}. {AGAIN}") from error
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
    attributes: dict[str, Any] = _read_facts(path)["attributes"]
    return attributes


def _read_facts(path: Path) -> dict[str, Any]:
    """Read all but the patches; the file was begun and finished by this version."""
    check_file(path, expected="the patches that `kedro run --pipelines patches` makes")
    what = "is not an HDF5 file, or damaged"
    facts: dict[str, Any] = ask(path, "patches", what=what, remedy=AGAIN)
    attributes = facts["attributes"]
    if not attributes.get("complete", False):
        raise DatasetError(
            f"{path} is not a finished file of patches: its mark `complete` is "
            f"missing. Was the program that wrote it stopped? {AGAIN}"
        )
    if attributes.get("format_version") != PATCHES_VERSION:
        raise DatasetError(
            f"{path} has format version {attributes.get('format_version')}; expected "
            f"{PATCHES_VERSION}. Another version of this program wrote it. {AGAIN}"
        )
    missing = [name for name in TEXTS if not isinstance(attributes.get(name), str)]
    if missing:
        raise DatasetError(f"{path} does not say its {', '.join(missing)}. {AGAIN}")
    return facts


def _check_arrays(path: Path, facts: dict[str, Any]) -> StoredArray:
    """Raise unless the arrays are those of patches, and all of them are there."""
    found = facts["arrays"].get("patches")
    patches = stored_array(found) if found else None
    provenance = np.shape(facts["provenance"])
    if (
        patches is None
        or len(patches.shape) != PATCHES_AXES
        or patches.kind not in ("uint8", "float32")
        or not _is_written(patches)
        or provenance != (patches.shape[0], 3)
        or not _are_places(facts, len(facts["image_names"]))
    ):
        raise DatasetError(
            f"{path} does not hold patches, or not all of them: it has arrays "
            f"{', '.join(facts['arrays'])}. {AGAIN}"
        )
    return patches


def _is_written(patches: StoredArray) -> bool:
    """Whether every patch is a whole chunk, or all are in one piece."""
    if patches.chunk_shape is None:
        return patches.offset is not None
    firsts = {chunk[0] for chunk in patches.chunks}
    one_each = patches.chunk_shape == (1, *patches.shape[1:])
    return one_each and len(firsts) == len(patches.chunks) == patches.shape[0]


def _are_places(facts: dict[str, Any], num_images: int) -> bool:
    """Whether every patch names an image of the list, and a place."""
    places = np.array(facts["provenance"]).reshape(-1, 3)
    inside = (places >= 0) & (places < [num_images, MOST_PIXELS, MOST_PIXELS])
    return bool(inside.all())


def _open(path: Path) -> Any:  # noqa: ANN401
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DatasetError(
            f"{path} is not an HDF5 file, or damaged: {error}. {AGAIN}"
        ) from error
