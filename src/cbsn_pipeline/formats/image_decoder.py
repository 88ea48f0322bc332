"""Describes and decodes pictures; runs in the process of :mod:`..files.isolated`.

Pillow describes JPEG files, tifffile reads TIFF, OpenCV decodes PNG and JPEG: it lets
other threads run meanwhile. What a library would read as something else, or read only
in part, is refused here by name.
"""

import mmap
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.files.isolated import Damaged, NotRead

Pixels = NDArray[Any]

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # the last two: BigTIFF

_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by colour type, palettes applied
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_CMYK = 4  # channels of a JPEG
_ORIENTATION = 0x0112  # of EXIF and TIFF

_DTYPES = ("uint8", "uint16")
_WHITE_IS_ZERO, _PALETTE, _YCBCR = 0, 3, 6  # photometric interpretations of TIFF
_CHANNELS = {_WHITE_IS_ZERO: 1, 1: 1, 2: 3, _PALETTE: 1}  # without alpha; 1 grey, 2 RGB
_PLANES = 2  # planar configuration: each channel by itself
_JPEG_COMPRESSION = 7

MOST_PADDING = 100  # bytes before the end of a JPEG: cameras leave some


class Description(NamedTuple):
    """What a file says of its picture; JSON makes a list of it.

    Attributes:
        format: Of the content, whatever the suffix.
        height: In pixels, before ``orientation`` is applied.
        width: In pixels, likewise.
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
        dtype: Of the values, as numpy spells it.
        orientation: As EXIF counts: 1 upright, 5 to 8 turned by a quarter.
    """

    format: str
    height: int
    width: int
    channels: int
    dtype: str
    orientation: int


def describe(path: Path) -> Description | None:
    """Say what a picture is, from its header, and whether its end is there.

    Returns:
        None for formats that are not read.

    Raises:
        Damaged: The header is damaged, or the end missing.
        NotRead: It is a picture of a kind that is not read.
    """
    with path.open("rb") as file:
        start = file.read(len(PNG))
    if start == PNG:
        return _describe_png(path)
    if start.startswith(JPEG):
        return _describe_jpeg(path)
    if start.startswith(TIFF):
        with _tiff_page(path) as page:
            return _describe_tiff(page)
    return None


def decode(path: Path, described: Sequence[Any]) -> Pixels:
    """Decode a picture, and turn it upright.

    Args:
        path: The file.
        described: What :func:`describe` says of it.

    Returns:
        (H, W, channels), values and colours as stored, alpha the last channel.

    Raises:
        Damaged: It cannot be decoded, or not all of it.
    """
    description = Description(*described)
    if description.format == "PNG":
        pixels = _decode_png(path, description.channels)
    elif description.format == "JPEG":
        pixels = _decode_jpeg(path)
    else:
        pixels = _decode_tiff(path)
    if pixels.ndim == 2:  # noqa: PLR2004  grey
        pixels = pixels[..., None]
    return _turned(pixels, description.orientation)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn a picture upright, as its orientation says (EXIF 2.3, page 30)."""
    if orientation >= 5:  # noqa: PLR2004  rows are columns
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _orientation(image: Any) -> int:  # noqa: ANN401
    value = image.getexif().get(_ORIENTATION, 1)
    return value if value in range(1, 9) else 1


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a picture with Pillow, which reads the header alone."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # whoever asks compares the size with a limit
    try:
        image = Image.open(path)
    except UnidentifiedImageError:
        raise Damaged("its header cannot be read") from None
    with image:
        yield image


def _describe_png(path: Path) -> Description:
    with _opened(path) as image, _mapped(path) as content:
        if content.rfind(_PNG_END) < 0:  # programs append notes of their own behind it
            raise Damaged("its last chunk, IEND, is missing")
        if (frames := getattr(image, "n_frames", 1)) > 1:
            raise NotRead(
                f"it is an animated PNG of {frames} pictures. Export the one that you "
                "mean as a PNG of its own"
            )
        bits, colour = content[24], content[25]
        transparent = "transparency" in image.info and colour in (2, 3)
        return Description(
            *("PNG", image.height, image.width),
            channels=4 if transparent else _PNG_CHANNELS[colour],
            dtype="uint16" if bits == 16 else "uint8",  # noqa: PLR2004
            # Pillow would decode the picture to look for EXIF behind it.
            orientation=_orientation(image) if "exif" in image.info else 1,
        )


def _decode_png(path: Path, channels: int) -> Pixels:
    import cv2

    bgr, _ = _decode_by_opencv(path.read_bytes(), cv2.IMREAD_UNCHANGED)
    # OpenCV makes four channels of grey and alpha
    if channels == 2 and bgr.ndim == 3:  # noqa: PLR2004
        return bgr[..., [0, -1]]
    return _as_rgb(bgr)


def _describe_jpeg(path: Path) -> Description:
    with _opened(path) as image:
        if image.layers == _CMYK:
            raise NotRead(
                "its colours are CMYK, inks for printing. Export it as RGB (sRGB)"
            )
        if not _has_end(path, image):
            # Where each scan refines the whole, nothing tells that some are missing.
            if image.info.get("progressive"):
                raise Damaged("the mark of its end, EOI, is missing")
            _decode_jpeg(path)  # some programs forget the mark: are the pixels there?
        return Description(
            *("JPEG", image.height, image.width, image.layers),
            dtype="uint8" if image.bits == 8 else "uint16",  # noqa: PLR2004
            orientation=_orientation(image),
        )


def _has_end(path: Path, image: Any) -> bool:  # noqa: ANN401
    """Whether the mark of the end follows the first scan: a preview has one too."""
    with _mapped(path) as content:
        return content.rfind(_JPEG_END, image.fp.tell()) >= 0


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        yield content


def _decode_jpeg(path: Path) -> Pixels:
    import cv2

    with _opened(path) as image:
        whole = _has_end(path, image)
    # With an end of our own the library says whether pixels are missing before it.
    content = path.read_bytes() + (b"" if whole else _JPEG_END)
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    bgr, printed = _decode_by_opencv(content, flags)
    for words in re.findall("Corrupt JPEG data: (.*)", printed):
        padding = re.fullmatch(r"(\d+) extraneous bytes before marker 0xd9", words)
        if padding is None or int(padding[1]) > MOST_PADDING:
            raise Damaged(words)
    return _as_rgb(bgr)


def _as_rgb(bgr: Pixels) -> Pixels:
    import cv2

    if bgr.ndim == 2:  # noqa: PLR2004
        return bgr
    alpha = bgr.shape[-1] == 4  # noqa: PLR2004
    return cv2.cvtColor(bgr, cv2.COLOR_BGRA2RGBA if alpha else cv2.COLOR_BGR2RGB)


def _decode_by_opencv(content: bytes, flags: int) -> tuple[Pixels, str]:
    """Decode a file; return BGR, and what the library printed about damage."""
    import cv2

    with tempfile.TemporaryFile() as words:
        before = os.dup(2)
        os.dup2(words.fileno(), 2)
        try:
            pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
        except cv2.error:
            pixels = None
        finally:
            os.dup2(before, 2)
            os.close(before)
        words.seek(0)
        printed = words.read().decode(errors="replace")
    if pixels is None:
        raise Damaged("it cannot be decoded")
    return pixels, printed


@contextmanager
def _tiff_page(path: Path) -> Iterator[Any]:
    """Open a TIFF; give the page with the photograph.

    Raises:
        Damaged: The directory is damaged, or pixels are beyond the end of the file.
        NotRead: It has several pictures, or is of a kind that is not read.
    """
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        every: list[Any] = list(tiff.pages)
        pages = [page for page in every if not page.is_reduced]
        if len(pages) > 1:
            raise NotRead(
                f"it is a TIFF of {len(pages)} pages. Export each as a file of its own"
            )
        page = pages[0] if pages else every[0]
        _check_tiff(page)
        ends = map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))
        if not 0 < (end := max(ends, default=0)) <= path.stat().st_size:
            raise Damaged(f"its pixels reach to byte {end:,}")
        yield page


def _check_tiff(page: Any) -> None:  # noqa: ANN401
    """Raise NotRead for what is not 8 or 16 bits per channel, grey or RGB."""
    kind, bits, dtype = page.photometric, page.bitspersample, str(page.dtype)
    as_jpeg = kind == _YCBCR and page.compression == _JPEG_COMPRESSION
    if kind not in _CHANNELS and not as_jpeg:
        name = getattr(kind, "name", kind)
        raise NotRead(f"its colours are {name}. Export it as RGB (sRGB)")
    alpha = page.samplesperpixel - _CHANNELS.get(kind, 3)
    if alpha not in (0, 1) or page.imagedepth > 1:
        raise NotRead(
            f"it has {page.samplesperpixel} channels; grey or RGB are read, with or "
            "without alpha. Export the picture that you mean"
        )
    one_bit = bits == 1 and kind != _PALETTE and not alpha
    palette = kind == _PALETTE and dtype in _DTYPES
    if not (one_bit or palette or (dtype in _DTYPES and bits in (8, 16))):
        what = dtype if bits in (8, 16, 32, 64) else f"{bits}-bit"
        raise NotRead(
            f"it holds {what} values; 8 or 16 bits per channel, unsigned, are read. "
            "Export it so from the program that wrote it"
        )


def _describe_tiff(page: Any) -> Description:  # noqa: ANN401
    palette = page.photometric == _PALETTE
    orientation = page.tags.valueof(_ORIENTATION, 1)
    return Description(
        *("TIFF", page.imagelength, page.imagewidth),
        channels=3 if palette else page.samplesperpixel,
        dtype="uint8" if palette or page.bitspersample == 1 else str(page.dtype),
        orientation=orientation if orientation in range(1, 9) else 1,
    )


def _decode_tiff(path: Path) -> Pixels:
    with _tiff_page(path) as page:
        pixels: Pixels = _tiff_values(page)
        kind = page.photometric
        if page.planarconfig == _PLANES and pixels.ndim == 3:  # noqa: PLR2004
            pixels = pixels.transpose(1, 2, 0)
        if kind == _PALETTE:  # of 16 bits that repeat 8
            colours: Pixels = (page.colormap.T[pixels] >> 8).astype(np.uint8)
            return colours
        white = 1 if page.bitspersample == 1 else np.iinfo(pixels.dtype).max
        if kind == _WHITE_IS_ZERO:
            grey = pixels if pixels.ndim == 2 else pixels[..., :1]  # noqa: PLR2004
            np.subtract(white, grey, out=grey)
        if page.bitspersample == 1:
            return pixels.astype(np.uint8) * np.uint8(255)
        return pixels


def _tiff_values(page: Any) -> Pixels:  # noqa: ANN401
    try:
        values: Pixels = page.asarray()
    except (ValueError, KeyError) as error:
        if "compression" in str(error).lower() and "not support" in str(error).lower():
            raise NotRead(f"{error}. Save it without compression") from error
        raise
    return values.copy() if not values.flags.writeable else values
