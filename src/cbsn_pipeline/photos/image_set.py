"""Images to score: those of a folder, one file, or the blocks of a MATLAB array."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, overload

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.formats.mat_file import (
    find_variable,
    list_variables,
    read_variable,
)
from cbsn_pipeline.photos.files import find_photo_files

Image = NDArray[Any]  # (H, W, 3) RGB: uint8, uint16, or floating point in [0, 1]
Kind = Literal["folder", "file", "array"]

RGB = 3
IMAGE_AXES = 3  # height, width, RGB
# MATLAB's classes (v5) and numpy's types (v7.3) that may hold an image.
IMAGE_TYPES = {"uint8", "uint16", "single", "double", "float32", "float64"}


@dataclass(frozen=True)
class SetImage:
    """Where one image of a set is; not its pixels.

    Attributes:
        path: Relative to the folder of the set, with ``/``; the file's name if the set
            is one file.
        file: The file that holds it.
        variable: The array of a MATLAB file; empty for an image file.
        member: Position on the leading axes of the array; empty for an image file.
    """

    path: str
    file: Path
    variable: str = ""
    member: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name it in messages and tables, for example ``day/a.png`` or ``[3, 17]``."""
        return str(list(self.member)) if self.member else self.path


class ImageSet(Sequence[SetImage]):
    """Images in a fixed order, read one by one.

    Args:
        source: What the user named: a folder, a glob or a file.
        kind: ``folder`` (or a glob), ``file`` or ``array``.
        images: Where they are.
        read: Reads one; called from several threads at once.
    """

    def __init__(
        self,
        source: Path,
        kind: Kind,
        images: Sequence[SetImage],
        read: Callable[[SetImage], Image],
    ) -> None:
        self.source = source
        self.kind = kind
        self._images = tuple(images)
        self._read = read

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, index: int) -> SetImage: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SetImage, ...]: ...
    def __getitem__(self, index: int | slice) -> SetImage | tuple[SetImage, ...]:
        return self._images[index]

    def read(self, index: int) -> Image:
        """Read one image; safe to call from several threads.

        Returns:
            (H, W, 3) RGB as stored: uint8, uint16 or floating point.

        Raises:
            DatasetError: The file is missing, truncated or not what it should be.
        """
        return self._read(self._images[index])


def find_image_set(path: Path, variable: str | None = None) -> ImageSet:
    """List the images at a path.

    Args:
        path: A folder (searched to any depth), a glob, an image file, or a
            MATLAB file (v5 or v7.3) with an array (..., H, W, 3).
        variable: Which array of a MATLAB file; None takes the only one that fits.

    Raises:
        DatasetError: Nothing is there, no image is among it, or the array is not told.
    """
    if path.suffix.lower() == ".mat":
        return _find_blocks(path, variable)
    if variable is not None:
        raise DatasetError(
            f"{path} is no MATLAB file (.mat), yet the variable {variable!r} is named: "
            "image files have no variables. Leave it out, or name the .mat file."
        )
    files, root = find_photo_files(path)
    images = [SetImage(file.relative_to(root).as_posix(), file) for file in files]
    kind: Kind = "file" if path.is_file() else "folder"
    return ImageSet(path, kind, images, lambda image: read_rgb(image.file))


def _find_blocks(path: Path, variable: str | None) -> ImageSet:
    name, shape = _choose_array(path, variable)
    images = [
        SetImage(path.name, path, name, member)
        for member in np.ndindex(shape[: len(shape) - IMAGE_AXES])
    ]
    return ImageSet(path, "array", images, _BlockReader(path, name))


def _choose_array(path: Path, variable: str | None) -> tuple[str, tuple[int, ...]]:
    """Name and shape of the array, from the header of the file alone."""
    variables = list_variables(path)
    if variable is not None:
        variables = {variable: variables[find_variable(path, variable)]}
    fitting = [n for n, (shape, kind) in variables.items() if _fits(shape, kind)]
    if len(fitting) == 1:
        return fitting[0], variables[fitting[0]][0]
    listed = ", ".join(f"{n} {shape} {kind}" for n, (shape, kind) in variables.items())
    raise DatasetError(
        f"{path} has {len(fitting) or 'no'} arrays of images, expected one: uint8, "
        f"uint16 or floating point, shape (..., height, width, 3). It has "
        f"{listed or 'nothing'}. "
        + (
            "Say which: denoised_variable=NAME or clean_variable=NAME beside the paths."
            if fitting
            else "Cell arrays, structs and raw blocks cannot be scored: save the "
            "images as one array."
        )
    )


def _fits(shape: tuple[int, ...], kind: str) -> bool:
    return kind in IMAGE_TYPES and len(shape) >= IMAGE_AXES and shape[-1] == RGB


class _BlockReader:
    """Reads the array when its first image is asked for, and keeps it."""

    def __init__(self, path: Path, variable: str) -> None:
        self._path, self._variable = path, variable
        self._lock = Lock()
        self._blocks: Image | None = None

    def __call__(self, image: SetImage) -> Image:
        with self._lock:
            if self._blocks is None:
                self._blocks = read_variable(self._path, self._variable)
        block: Image = self._blocks[image.member]
        return block
