"""TIFF, by tifffile; imagecodecs knows the compressions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cbsn_pipeline.files.isolated import Damaged, NotRead
from cbsn_pipeline.formats.image_formats.opening import (
    ORIENTATION,
    Description,
    Pixels,
)

_DTYPES = ("uint8", "uint16")
_WHITE_IS_ZERO, _PALETTE, _YCBCR = 0, 3, 6  # photometric interpretations
_CHANNELS = {_WHITE_IS_ZERO: 1, 1: 1, 2: 3, _PALETTE: 1}  # without alpha; 1 grey, 2 RGB
_PLANES = 2  # planar configuration: each channel by itself
_JPEG_COMPRESSION = 7


def describe(path: Path) -> Description:
    """Read the directory, and look whether all pixels are in the file."""
    with _tiff_page(path) as page:
        return _describe(page)


def _describe(page: Any) -> Description:  # noqa: ANN401
    palette = page.photometric == _PALETTE
    orientation = page.tags.valueof(ORIENTATION, 1)
    return Description(
        *("TIFF", page.imagelength, page.imagewidth),
        channels=3 if palette else page.samplesperpixel,
        dtype="uint8" if palette or page.bitspersample == 1 else str(page.dtype),
        orientation=orientation if orientation in range(1, 9) else 1,
        alpha=int(page.extrasamples[0]) if page.extrasamples else 2,
    )


def decode(path: Path, _: Description) -> Pixels:
    """Decode the photograph; palettes are applied, white is the highest value."""
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
        if not page.imagelength or not page.imagewidth:
            raise Damaged("its size is missing")
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


def _tiff_values(page: Any) -> Pixels:  # noqa: ANN401
    try:
        values: Pixels = page.asarray()
    except (ValueError, KeyError) as error:
        if "compression" in str(error).lower() and "not support" in str(error).lower():
            raise NotRead(f"{error}. Save it without compression") from error
        raise
    return values.copy() if not values.flags.writeable else values
