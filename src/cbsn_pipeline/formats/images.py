"""Reads single images of many formats, and writes PNG.

Files come from anywhere: a process of its own describes and decodes them
(:mod:`~cbsn_pipeline.formats.image_formats`), after their size was compared with what
may be read.
"""

from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.formats import image_formats
from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.formats.image_formats import Description
from cbsn_pipeline.formats.read_limit import check_decoded_size
from cbsn_pipeline.formats.untrusted import read_untrusted

Image = NDArray[Any]


_CHANNELS = 3
_RGB_AXES = 3
_COPIES = 3  # of the pixels, while they are decoded


def read_rgb(path: Path) -> Image:
    """Read an image as RGB.

    An alpha channel is dropped, a grey image repeated three times, the orientation of
    a photograph applied. Values are not converted between colour spaces.

    Args:
        path: An image file; its content tells the format, but for camera raw.

    Returns:
        (H, W, 3): uint8 in 0..255 or uint16 in 0..65535, as stored.

    Raises:
        DatasetError: If it is missing, empty, truncated, damaged, of another format,
            depth or kind, or larger than what is read.
        OSError: If it cannot be opened.
    """
    pixels = read_pixels(path, describe(path))
    if pixels.shape[-1] < _CHANNELS:
        return np.repeat(pixels[..., :1], _CHANNELS, axis=-1)
    return np.ascontiguousarray(pixels[..., :_CHANNELS])


def read_pixels(path: Path, image: Description) -> Image:
    """Decode an image as it is stored, and turn it upright.

    Args:
        path: The file.
        image: What :func:`describe` says of it.

    Returns:
        (H, W, channels), uint8 or uint16; alpha is the last of 2 or 4 channels.

    Raises:
        DatasetError: It is truncated, damaged, or larger than what is read.
    """
    size = _decoded_size(path, image)
    return read_untrusted(
        image_formats.decode,
        path,
        image,
        damaged=_damaged(path),
        memory=_COPIES * size + path.stat().st_size,
    )


def describe(path: Path) -> Description:
    """Say size, depth and kind of an image; nothing is decoded.

    Damage in the middle of a file shows only when :func:`read_rgb` decodes it.

    Args:
        path: An image file; its content tells the format, but for camera raw.

    Raises:
        DatasetError: If it is missing, empty, of another format or kind, its header
            is damaged or its end is missing.
        OSError: If it cannot be opened.
    """
    check_file(path, expected="an image (PNG, JPEG, TIFF, ...)")
    found = read_untrusted(image_formats.describe, path, damaged=_damaged(path))
    if found is None:
        with path.open("rb") as file:
            start = file.read(8)
        raise DatasetError(
            f"{path} is not a PNG, JPEG, TIFF, WebP, AVIF, BMP or HEIC image; its "
            f"bytes start with {start!r}. Is it a camera's raw file with another "
            "suffix? Export it to PNG or TIFF."
        )
    return Description(*found)


def _decoded_size(path: Path, image: Description) -> int:
    """Return the bytes of the pixels; raise if they are more than may be read."""
    channels = max(image.channels, _CHANNELS)
    size = image.height * image.width * channels * np.dtype(image.dtype).itemsize
    what = f"an image of {image.width} x {image.height} pixels"
    check_decoded_size(size, path=path, what=what)
    return size


def _damaged(path: Path) -> str:
    size = f"{path.stat().st_size:,} bytes"
    return (
        f"is truncated or damaged: {{}} ({size}). Was the download, the copy or the "
        "unzipping interrupted? Fetch it again."
    )


def encode_png(image: NDArray[Any]) -> bytes:
    """Encode an RGB image as PNG.

    Args:
        image: (H, W, 3), uint8 in 0..255 or uint16 in 0..65535.

    Raises:
        ValueError: If shape or dtype are others.
    """
    import cv2

    return cv2.imencode(".png", _to_bgr(image))[1].tobytes()


def write_png(path: Path, image: NDArray[Any]) -> None:
    """Write an RGB image; an interrupted write leaves nothing under the name.

    Args:
        path: Where to; its folder is made if missing.
        image: (H, W, 3), uint8 in 0..255 or uint16 in 0..65535.

    Raises:
        ValueError: If shape or dtype are others.
        OSError: It cannot be written.
    """
    import cv2

    bgr = _to_bgr(image)
    with write_file(path) as partial:
        # not encoded first: a large image would be in memory three times
        if not cv2.imwrite(str(partial), bgr):
            raise OSError(f"{partial} cannot be written. Is the disk full?")


def _to_bgr(image: NDArray[Any]) -> NDArray[Any]:
    """Turn an RGB image that a PNG can hold into what OpenCV writes."""
    import cv2

    if image.ndim != _RGB_AXES or image.shape[-1] != _CHANNELS:
        raise ValueError(f"A PNG needs (H, W, 3) RGB, got {image.shape}.")
    if image.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"A PNG holds uint8 or uint16, got {image.dtype}. Quantise it first "
            "(imaging.quantise)."
        )
    return cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
