"""Reads and writes single images: PNG, JPEG and TIFF.

OpenCV decodes them because it lets other threads run meanwhile. Some of its versions
return a truncated image as if it were whole, with the rest grey, and it believes any
size that a file declares: :mod:`~cbsn_pipeline.datasets.image_structure` looks first.
"""

from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.image_structure import (
    TIFF,
    has_separate_planes,
    read_structure,
)
from cbsn_pipeline.datasets.raw_file import check_file
from cbsn_pipeline.datasets.read_limit import check_decoded_size
from cbsn_pipeline.files.atomic import write_file

Image = NDArray[Any]

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")

_CHANNELS = 3
_RGB_AXES = 3


def read_rgb(path: Path) -> Image:
    """Read an image as RGB.

    An alpha channel is dropped, a grey image repeated three times, the orientation of
    a photograph's EXIF data applied. Values are not converted between colour spaces.

    Args:
        path: A PNG, JPEG or TIFF file, whatever its suffix.

    Returns:
        (H, W, 3): uint8 in 0..255 or uint16 in 0..65535, as stored.

    Raises:
        DatasetError: If it is missing, empty, truncated, damaged, of another format
            or depth, or larger than what is read.
    """
    check_file(path, expected="a PNG, JPEG or TIFF image")
    image = _decode(path)
    if image is None:
        raise _damaged(path, "it cannot be decoded")
    if image.dtype not in (np.uint8, np.uint16):
        raise DatasetError(
            f"{path} holds {image.dtype} values; expected 8 or 16 bits per channel, "
            "unsigned. Export it so from the program that wrote it."
        )
    return image


def _decode(path: Path) -> Image | None:
    import cv2

    content = path.read_bytes()
    _check_structure(path, content)
    # Not IMREAD_COLOR_RGB: OpenCV 5.0 returns noise with it for 16-bit TIFF files.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    try:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise _damaged(path, str(error).strip()) from error
    if bgr is None:
        return None
    if content.startswith(TIFF) and bgr.dtype != np.uint8:
        _check_interleaved(path, content)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _check_structure(path: Path, content: bytes) -> None:
    """Raise unless the image is all there and its size is one that is read."""
    try:
        declared = read_structure(content)
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if declared is None:
        raise DatasetError(
            f"{path} is not a PNG, JPEG or TIFF image; its bytes start with "
            f"{content[:8]!r}. Is it a camera's raw format or HEIC? Export it to PNG "
            "or TIFF."
        )
    what = f"an image of {declared.width} x {declared.height} pixels"
    check_decoded_size(declared.num_bytes, path=path, what=what)


def _check_interleaved(path: Path, content: bytes) -> None:
    """Raise if colours are stored in planes, which OpenCV misreads beyond 8 bits."""
    if has_separate_planes(content):
        raise DatasetError(
            f"{path} stores its colours in separate planes with more than 8 bits; "
            "expected them pixel by pixel (interleaved). Export it so."
        )


def _damaged(path: Path, detail: str) -> DatasetError:
    return DatasetError(
        f"{path} is truncated or damaged: {detail} ({path.stat().st_size:,} bytes). "
        "Was the download, the copy or the unzipping interrupted? Fetch it again."
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
