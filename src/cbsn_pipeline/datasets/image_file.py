"""Reads and writes single images: PNG, JPEG and TIFF.

OpenCV decodes them because it lets other threads run meanwhile. Some of its versions
return a truncated image as if it were whole, with the rest grey: the structure of PNG
and JPEG files is therefore walked to its end first.
"""

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.datasets.raw_file import check_file, write_beside

Image = NDArray[Any]

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
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
        DatasetError: If it is missing, empty, truncated, damaged, or of another format
            or depth.
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
    if content.startswith(_PNG):
        _check_png(path, content)
    elif content.startswith(_JPEG):
        _check_jpeg(path, content)
    elif not content.startswith(_TIFF):
        raise DatasetError(
            f"{path} is not a PNG, JPEG or TIFF image; its bytes start with "
            f"{content[:8]!r}. Is it a camera's raw format or HEIC? Export it to PNG "
            "or TIFF."
        )
    # Not IMREAD_COLOR_RGB: OpenCV 5.0 returns noise with it for 16-bit TIFF files.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    try:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise _damaged(path, str(error).strip()) from error
    if bgr is None:
        return None
    if content.startswith(_TIFF) and bgr.dtype != np.uint8:
        _check_interleaved(path)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _check_interleaved(path: Path) -> None:
    """Raise if colours are stored in planes, which OpenCV misreads beyond 8 bits."""
    from tifffile import PLANARCONFIG, TiffFile

    with TiffFile(path) as tiff:
        if tiff.pages.first.planarconfig == PLANARCONFIG.SEPARATE:
            raise DatasetError(
                f"{path} stores its colours in separate planes with more than 8 bits; "
                "expected them pixel by pixel (interleaved). Export it so."
            )


def _check_png(path: Path, content: bytes) -> None:
    """Raise unless every chunk is there and matches its checksum, IEND last."""
    position, kind = len(_PNG), b""
    while kind != b"IEND":
        if position + 12 > len(content):
            raise _damaged(path, "its last chunk, IEND, is missing")
        (length,) = struct.unpack_from(">I", content, position)
        kind = content[position + 4 : position + 8]
        end = position + 8 + length
        if end + 4 > len(content):
            raise _damaged(path, f"its chunk {kind!r} is cut off")
        (checksum,) = struct.unpack_from(">I", content, end)
        if zlib.crc32(memoryview(content)[position + 4 : end]) != checksum:
            raise _damaged(path, f"its chunk {kind!r} does not match its checksum")
        position = end + 4


# Inside the entropy-coded data 0xFF is followed by 0 or a restart mark (D0..D7).
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SOS, _EOI = 0xDA, 0xD9


def _check_jpeg(path: Path, content: bytes) -> None:
    """Raise unless the marker that ends the image, EOI, is reached.

    Segments are stepped over by their length: an embedded preview has an EOI too.
    """
    position = 2
    while match := _NEXT_MARKER.search(content, position):
        marker = content[match.start() + 1]
        if marker == _EOI:
            return
        if match.end() + 2 > len(content):
            break
        (length,) = struct.unpack_from(">H", content, match.end())
        position = match.end() + length
    raise _damaged(path, "the mark of its end, EOI, is missing")


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

    if image.ndim != _RGB_AXES or image.shape[-1] != _CHANNELS:
        raise ValueError(f"A PNG needs (H, W, 3) RGB, got {image.shape}.")
    if image.dtype not in (np.uint8, np.uint16):
        raise ValueError(
            f"A PNG holds uint8 or uint16, got {image.dtype}. Quantise it first "
            "(imaging.quantise)."
        )
    encoded = cv2.imencode(".png", image[:, :, ::-1])[1]  # OpenCV writes BGR
    return encoded.tobytes()


def write_png(path: Path, image: NDArray[Any]) -> None:
    """Write an RGB image; an interrupted write leaves nothing under the name.

    Args:
        path: Where to; its folder is made if missing.
        image: (H, W, 3), uint8 in 0..255 or uint16 in 0..65535.

    Raises:
        ValueError: If shape or dtype are others.
    """
    content = encode_png(image)
    with write_beside(path) as partial:
        partial.write_bytes(content)
