"""Reads size and depth of an image from its first bytes, and whether its end is there.

Nothing is decoded: several hundred photographs take a second. Damage in the middle of
a file shows only when :func:`~cbsn_pipeline.datasets.image_file.read_rgb` decodes it.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kedro.io import DatasetError

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_START = struct.Struct(">8sI4sIIBB")  # signature, length, IHDR, sizes, depth, type
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # colour type: as decoded
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_JPEG = b"\xff\xd8\xff"
_JPEG_FRAME = struct.Struct(">HBHHB")  # length, bits, height, width, channels
_SOS, _EOI = 0xDA, b"\xff\xd9"
_NO_FRAMES = {0xC4, 0xC8, 0xCC}  # within C0..CF: tables, reserved


@dataclass(frozen=True)
class ImageHeader:
    """What the first bytes of an image say.

    Attributes:
        format: Of the content, whatever the suffix.
        height: In pixels, as stored: EXIF's orientation is not applied.
        width: In pixels, as stored.
        channels: As stored: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
        dtype: Of the stored values, ``uint8``, ``uint16``, or what a TIFF has.
    """

    format: Literal["PNG", "JPEG", "TIFF"]
    height: int
    width: int
    channels: int
    dtype: str


def read_header(path: Path) -> ImageHeader:
    """Read the header of a PNG, JPEG or TIFF file, and look whether its end is there.

    Args:
        path: A file that is not empty.

    Raises:
        DatasetError: If it is of another format, its header is damaged or its end is
            missing.
        OSError: If it cannot be opened.
    """
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        start = content[:8]
        if start == _PNG:
            return _read_png(path, content)
        if start.startswith(_JPEG):
            return _read_jpeg(path, content)
    if start.startswith(_TIFF):
        return _read_tiff(path)
    raise DatasetError(
        f"{path} is not a PNG, JPEG or TIFF image; its bytes start with {start!r}. Is "
        "it a camera's raw format or HEIC? Export it to PNG or TIFF."
    )


def _read_png(path: Path, content: mmap.mmap) -> ImageHeader:
    if len(content) < _PNG_START.size:
        raise _damaged(path, "its header is cut off")
    _, _, kind, width, height, bits, colour = _PNG_START.unpack_from(content)
    if kind != b"IHDR" or not (width and height) or colour not in _PNG_CHANNELS:
        raise _damaged(path, "its header is not that of a PNG")
    # Programs may append notes of their own after the end.
    if content.rfind(_PNG_END) < 0:
        raise _damaged(path, "its last chunk, IEND, is missing")
    dtype = "uint16" if bits == 16 else "uint8"  # noqa: PLR2004
    return ImageHeader("PNG", height, width, _PNG_CHANNELS[colour], dtype)


def _read_jpeg(path: Path, content: mmap.mmap) -> ImageHeader:
    header, position = None, 2
    while position + 4 <= len(content):
        if content[position] != 0xFF:  # noqa: PLR2004
            raise _damaged(path, "its segments do not follow each other")
        marker = content[position + 1]
        if marker == 0xFF:  # noqa: PLR2004  # filling
            position += 1
            continue
        if marker == _SOS:
            break
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:  # noqa: PLR2004
            header = _jpeg_frame(path, content, position + 2)
        position += 2 + int.from_bytes(content[position + 2 : position + 4])
    if header is None:
        raise _damaged(path, "its size is missing")
    # Not before: an embedded preview has an end of its own.
    if content.rfind(_EOI, position) < 0:
        raise _damaged(path, "the mark of its end, EOI, is missing")
    return header


def _jpeg_frame(path: Path, content: mmap.mmap, position: int) -> ImageHeader:
    if position + _JPEG_FRAME.size > len(content):
        raise _damaged(path, "its header is cut off")
    _, bits, height, width, channels = _JPEG_FRAME.unpack_from(content, position)
    dtype = "uint8" if bits == 8 else "uint16"  # noqa: PLR2004
    return ImageHeader("JPEG", height, width, channels, dtype)


def _read_tiff(path: Path) -> ImageHeader:
    from tifffile import TiffFile

    try:
        with TiffFile(path) as tiff:
            page = tiff.pages.first
            dtype, channels = str(page.dtype), page.samplesperpixel
            ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
            end = max(ends, default=0)
    except (ValueError, IndexError, KeyError, TypeError, struct.error) as error:
        raise _damaged(path, str(error)) from error
    if not 0 < end <= path.stat().st_size:
        raise _damaged(path, f"its pixels reach to byte {end:,}")
    return ImageHeader("TIFF", page.imagelength, page.imagewidth, channels, dtype)


def _damaged(path: Path, detail: str) -> DatasetError:
    return DatasetError(
        f"{path} is truncated or damaged: {detail} ({path.stat().st_size:,} bytes). "
        "Was the download, the copy or the unzipping interrupted? Fetch it again."
    )
