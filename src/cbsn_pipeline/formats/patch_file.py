"""Reads the file of patches."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.formats.hdf5_reader import read_patches_facts
from cbsn_pipeline.formats.untrusted import read_untrusted

PATCHES_VERSION = 1  # of the file's layout
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
        _check_arrays(path, facts)
        self.digest: str = facts["attributes"]["digest"]
        self.kind: str = facts["attributes"]["kind"]
        self.shape: tuple[int, ...] = tuple(facts["shape"])
        self.dtype = np.dtype(facts["dtype"])
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
    names = ["complete", "format_version", "options", *TEXTS]
    damaged = f"is not an HDF5 file, or damaged ({{}}). {AGAIN}"
    facts: dict[str, Any] = read_untrusted(
        read_patches_facts, path, names, damaged=damaged
    )
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


def _check_arrays(path: Path, facts: dict[str, Any]) -> None:
    """Raise unless the arrays are those of patches, each patch a piece of its own."""
    shape, chunk_shape = tuple(facts["shape"]), facts["chunk_shape"]
    if (
        len(shape) != PATCHES_AXES
        or facts["dtype"] not in ("uint8", "float32")
        or (chunk_shape is not None and tuple(chunk_shape) != (1, *shape[1:]))
        or np.shape(facts["provenance"]) != (shape[0], 3)
        or not _are_places(facts, len(facts["image_names"]))
    ):
        raise DatasetError(
            f"{path} does not hold patches: its array of them is {facts['dtype']} of "
            f"shape {shape}. {AGAIN}"
        )


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
