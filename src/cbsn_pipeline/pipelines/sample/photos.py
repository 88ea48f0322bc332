"""The colour photographs that come inside scikit-image: nothing is downloaded."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray

from cbsn_pipeline.formats.images import read_rgb


@dataclass(frozen=True)
class Photo:
    """A file of scikit-image's, and the height that it is brought to.

    Attributes:
        file: Its name in ``skimage/data``.
        height: In pixels; None keeps the file's.
        scene: The number that it has in the names of scene instances.
    """

    file: str
    height: int | None
    scene: int


LUMA = np.array([0.299, 0.587, 0.114])  # of R, G, B

PHOTOS = {
    "coffee": Photo("coffee.png", None, 1),
    "ihc": Photo("ihc.png", None, 2),
    "rocket": Photo("rocket.jpg", None, 3),
    "chelsea": Photo("chelsea.png", None, 4),
    # JPEG, and noisy themselves: averaged down until that is gone.
    "hubble": Photo("hubble_deep_field.jpg", 480, 5),
    "retina": Photo("retina.jpg", 500, 6),
    "astronaut": Photo("astronaut.png", None, 7),
    "motorcycle": Photo("motorcycle_left.png", 512, 8),  # of 500: two rows of blocks
}


def read_photo(name: str) -> NDArray[np.uint8]:
    """Read a photograph at the size that the sample uses it in.

    Args:
        name: A key of :data:`PHOTOS`.

    Returns:
        (H, W, 3) uint8, sRGB 0..255.

    Raises:
        kedro.io.DatasetError: If scikit-image is installed without the file.
    """
    photo = PHOTOS[name]
    image = read_rgb(Path(skimage.__file__).parent / "data" / photo.file)
    height, width = image.shape[:2]
    if photo.height is not None:
        size = (round(width * photo.height / height), photo.height)
        shrinks = photo.height < height
        method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        image = cv2.resize(image, size, interpolation=method)
    return image.astype(np.uint8)


def magnify(
    image: NDArray[np.uint8], factor: float, *, max_side: int
) -> NDArray[np.uint8]:
    """Enlarge the centre of a picture.

    Args:
        image: (H, W, 3) uint8, 0..255.
        factor: At least 1; 1 only crops.
        max_side: Height and width of the result at most, in pixels.

    Returns:
        (min(H * factor, max_side), min(W * factor, max_side), 3) uint8, rounded.
    """
    height, width = (min(round(n * factor), max_side) for n in image.shape[:2])
    # The part that is needed, before it is enlarged: the whole may be very large.
    rows, columns = (math.ceil(n / factor) for n in (height, width))
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    centre = image[top : top + rows, left : left + columns]
    if factor == 1:
        return centre
    larger = cv2.resize(centre, (width, height), interpolation=cv2.INTER_CUBIC)
    return larger.astype(np.uint8)


def mute(image: NDArray[np.uint8], saturation: float) -> NDArray[np.uint8]:
    """Bring colours nearer to the grey of the same luma (BT.601).

    Args:
        image: (H, W, 3) uint8, sRGB 0..255.
        saturation: Share of the colour that stays: 0 is grey, 1 the picture itself.

    Returns:
        The same shape, uint8, rounded.
    """
    grey = image @ LUMA
    muted = grey[:, :, None] + saturation * (image - grey[:, :, None])
    rounded: NDArray[np.uint8] = np.rint(muted).clip(0, 255).astype(np.uint8)
    return rounded
