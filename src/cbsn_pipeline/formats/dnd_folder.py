"""DND's folder: fifty photographs, and the boxes of them that are scored."""

from pathlib import Path

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.boxes import BOX_CORNERS, CHANNELS, box_slices
from cbsn_pipeline.benchmarks.dnd.folder import (
    IMAGE_FOLDER,
    IMAGE_VARIABLE,
    INFO_FIELDS,
    INFO_FILE,
    INFO_GROUP,
    image_file_name,
)
from cbsn_pipeline.formats.checks import check_file, check_folder
from cbsn_pipeline.formats.hdf5_reader import read_dnd_info
from cbsn_pipeline.formats.mat_file import container, read_variable
from cbsn_pipeline.formats.untrusted import read_untrusted

Float32 = NDArray[np.float32]

ROUNDING = 1e-6  # a double that was 1 may come back a little larger
_RGB_AXES = 3
_BOX_AXES = 2
_FAR = 2**31  # pixels: no box reaches as far


class DndFolder:
    """The official folder, read image by image: one takes some 300 MB.

    Images and boxes are counted from 0 here, as everywhere in Python; file names count
    from 1.

    Args:
        path: The folder with ``info.mat`` and ``images_srgb``.

    Raises:
        DatasetError: If the folder or ``info.mat`` is missing or not DND's.
    """

    def __init__(self, path: Path) -> None:
        check_folder(path, expected="DND's, usually named dnd_2017")
        self.path = path
        self._boxes, self._cameras = _read_info(path / INFO_FILE)

    @property
    def num_images(self) -> int:
        """Number of images that ``info.mat`` lists."""
        return len(self._boxes)

    def file(self, image: int) -> Path:
        """Name the file of an image (counted from 0)."""
        return self.path / IMAGE_FOLDER / image_file_name(image + 1)

    def boxes(self, image: int) -> NDArray[np.int64]:
        """Return row0, col0, row1, col1 of each box: (20, 4).

        In pixels, counted from 1, both ends inside.
        """
        return self._boxes[image]

    def camera(self, image: int) -> str:
        """Name the camera that took an image, for example ``Nexus6P``."""
        return self._cameras[image]

    def check_images(self) -> None:
        """Raise a DatasetError that names the images which are not there."""
        missing = [
            self.file(i).name
            for i in range(self.num_images)
            if not self.file(i).is_file()
        ]
        if missing:
            raise DatasetError(
                f"{self.path / IMAGE_FOLDER} lacks {len(missing)} of the "
                f"{self.num_images} images that {INFO_FILE} lists: "
                f"{', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}. "  # noqa: PLR2004
                "Was the archive unzipped to the end?"
            )

    def read(self, image: int) -> Float32:
        """Read a whole image: float32 in [0, 1], (H, W, 3)."""
        return read_noisy_srgb(self.file(image))

    def crop(self, pixels: Float32, image: int, box: int) -> Float32:
        """Cut one box out of an image that was read."""
        return np.ascontiguousarray(pixels[box_slices(self.boxes(image)[box])])


def read_noisy_srgb(path: Path) -> Float32:
    """Read the image of one ``images_srgb/NNNN.mat``.

    Args:
        path: The file, v7.3 as published or v5 as re-saved.

    Returns:
        float32 in [0, 1], not quantised, (H, W, 3), C-contiguous.

    Raises:
        DatasetError: If it is missing, truncated, or not an sRGB image in [0, 1].
    """
    image: Float32 = read_variable(path, IMAGE_VARIABLE, dtype=np.float32)
    if image.ndim != _RGB_AXES or image.shape[-1] != CHANNELS:
        raise DatasetError(
            f"{path}: {IMAGE_VARIABLE} has shape {image.shape}; expected "
            "(height, width, 3). Is it from images_raw, or saved with other axes?"
        )
    low, high = float(image.min()), float(image.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DatasetError(
            f"{path}: {IMAGE_VARIABLE} holds NaN or infinite values; expected "
            "numbers in [0, 1]. Was it converted by a script of your own?"
        )
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise DatasetError(
            f"{path}: {IMAGE_VARIABLE} ranges over {low:.4g}..{high:.4g}; expected "
            "[0, 1]. Was it scaled to 0..255 by a script of your own?"
        )
    return np.clip(image, 0, 1, out=image)


def _read_info(path: Path) -> tuple[list[NDArray[np.int64]], list[str]]:
    """Read boxes and camera of every image from ``info.mat``."""
    check_file(path, expected="DND's list of boxes, beside the folder images_srgb")
    if container(path) == "v5":
        raise DatasetError(
            f"{path} is a MATLAB v5 file; DND's info.mat is v7.3. Was it saved again? "
            "Use the published one."
        )
    damaged = (
        "is not DND's info.mat, or damaged ({}). Expected a v7.3 file with the group "
        f"{INFO_GROUP!r} of {', '.join(INFO_FIELDS)}, each one reference per image. "
        "Fetch it again."
    )
    found, cameras = read_untrusted(read_dnd_info, path, damaged=damaged)
    boxes = [np.array(box, np.float64) for box in found]
    _check_info(path, boxes, cameras)
    return [box.astype(np.int64) for box in boxes], cameras


def _check_info(
    path: Path, boxes: list[NDArray[np.float64]], cameras: list[str]
) -> None:
    """Raise unless every image has a camera and boxes of four whole corners."""
    if len(boxes) != len(cameras):
        raise DatasetError(
            f"{path} lists the boxes of {len(boxes)} images and the cameras of "
            f"{len(cameras)}; expected as many. Use the published file."
        )
    for number, box in enumerate(boxes, start=1):
        good = box.ndim == _BOX_AXES and box.shape[1] == BOX_CORNERS
        if not good or not (np.isfinite(box) & (np.abs(box) < _FAR)).all():
            raise DatasetError(
                f"{path}: the boxes of image {number} are of shape {box.shape}, "
                f"from {box.min(initial=0):g} to {box.max(initial=0):g}; expected rows "
                "of row0, col0, row1, col1 in pixels. Use the published file."
            )
