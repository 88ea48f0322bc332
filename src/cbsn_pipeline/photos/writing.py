"""Writes photographs as JPEG, PNG or TIFF, with what they say beside the pixels."""

import io
import logging
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.photos.photo import Metadata, Photo

logger = logging.getLogger(__name__)

Format = Literal["png", "jpeg", "tiff"]

JPEG_QUALITY = 95
SUFFIXES: dict[Format, tuple[str, ...]] = {
    "png": (".png",),
    "jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "tiff": (".tif", ".tiff"),
}

_METRES_PER_INCH = 0.0254
_PNG_HEADER_END = 33  # the signature and the first chunk
_INCH = 2  # TIFF's unit of resolution
_LITTLE_ENDIAN_TIFF = b"II*\0"  # and not BigTIFF
_DIRECTORIES = (34665, 34853)  # tags of EXIF and GPS
_ASCII, _LONG = 2, 4  # types of TIFF
_ASSOCIATED = 1  # a kind of alpha: colours are multiplied by it


def format_of(path: Path) -> Format:
    """Tell the format that a file of this name has.

    Raises:
        ValueError: It has the suffix of none that is written.
    """
    for name, suffixes in SUFFIXES.items():
        if path.suffix.lower() in suffixes:
            return name
    known = ", ".join(suffixes[0] for suffixes in SUFFIXES.values())
    raise ValueError(
        f"{path} has the suffix {path.suffix or 'of no format'!r}; photographs are "
        f"written as {known}. Name the result so."
    )


def write_photo(path: Path, photo: Photo, *, quality: int = JPEG_QUALITY) -> None:
    """Write a photograph; an interrupted write leaves nothing under the name.

    Its EXIF data, colour profile and resolution are written, and the time of the file
    is that of its source.

    Args:
        path: Where to; the suffix says the format.
        photo: What; for JPEG, 16 bits are rounded to 8.
        quality: Of a JPEG, 1 to 100; colours are stored as fine as grey (4:4:4).

    Raises:
        ValueError: The suffix is of no format that is written, or alpha is to go into
            a JPEG.
    """
    if format_of(path) == "jpeg" and _is_misnamed(photo):
        logger.warning(
            "%s has the name of a JPEG and the content of %s: it is written as JPEG, "
            "with loss. Choose the format png to keep every value.",
            *(photo.source, photo.format),
        )
    encode = _ENCODERS[format_of(path)]
    content = encode(photo, quality)
    with write_file(path) as partial:
        partial.write_bytes(content)
        if photo.source.exists():
            time = photo.source.stat().st_mtime_ns
            os.utime(partial, ns=(time, time))


def _is_misnamed(photo: Photo) -> bool:
    """Whether it is named like a JPEG and is none."""
    return photo.source.suffix.lower() in SUFFIXES["jpeg"] and photo.format != "JPEG"


def _encode_jpeg(photo: Photo, quality: int) -> bytes:
    from PIL import Image

    pixels, metadata = photo.pixels, photo.metadata
    if photo.alpha is not None:
        raise ValueError(
            f"{photo.source} has an alpha channel, which JPEG cannot hold. Write "
            "PNG or TIFF."
        )
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)
    file = io.BytesIO()
    image = Image.fromarray(pixels[..., 0] if photo.is_grey else pixels)
    extras: dict[str, Any] = {"dpi": metadata.dpi} if metadata.dpi else {}
    if metadata.exif:
        extras["exif"] = b"Exif\0\0" + metadata.exif
    image.save(
        *(file, "JPEG"),
        quality=quality,
        subsampling=0,
        icc_profile=metadata.icc or None,
        **extras,
    )
    return file.getvalue()


def _encode_png(photo: Photo, _: int) -> bytes:
    import cv2

    pixels = photo.pixels
    if photo.alpha is not None and photo.alpha_kind == _ASSOCIATED:
        raise ValueError(
            f"{photo.source} has colours multiplied by alpha, which PNG cannot hold. "
            "Write TIFF."
        )
    if photo.is_grey and photo.alpha is not None:  # OpenCV knows grey and alpha apart
        pixels = np.concatenate([photo.rgb, photo.alpha], axis=-1)
    if pixels.shape[-1] > 1:
        order = [2, 1, 0, 3][: pixels.shape[-1]]
        pixels = pixels[..., order]  # OpenCV writes BGR
    given = {
        cv2.IMAGE_METADATA_EXIF: photo.metadata.exif,
        cv2.IMAGE_METADATA_ICCP: photo.metadata.icc,
    }
    kinds = [kind for kind, content in given.items() if content]
    contents = [np.frombuffer(given[kind], np.uint8) for kind in kinds]
    encoded, png = cv2.imencodeWithMetadata(".png", pixels, kinds, contents)
    if not encoded and photo.metadata.icc:
        logger.warning("%s: its colour profile is damaged, and not kept.", photo.source)
        plain = replace(photo, metadata=replace(photo.metadata, icc=b""))
        return _encode_png(plain, _)
    return _with_resolution(png.tobytes(), photo.metadata.dpi)


def _with_resolution(png: bytes, dpi: tuple[float, float] | None) -> bytes:
    """Put the chunk pHYs, pixels per metre, behind a PNG's header."""
    if dpi is None:
        return png
    per_metre = (round(value / _METRES_PER_INCH) for value in dpi)
    chunk = b"pHYs" + struct.pack(">IIB", *per_metre, 1)
    chunk = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )
    return png[:_PNG_HEADER_END] + chunk + png[_PNG_HEADER_END:]


def _encode_tiff(photo: Photo, _: int) -> bytes:
    import tifffile

    file, metadata = io.BytesIO(), photo.metadata
    pixels = photo.pixels[..., 0] if photo.pixels.shape[-1] == 1 else photo.pixels
    exif = _exif(metadata)
    directories = {tag: exif.get_ifd(tag) for tag in _DIRECTORIES if tag in exif}
    texts = [
        (tag, _ASCII, None, str(value), True)
        for tag, value in exif.items()
        if tag not in _DIRECTORIES
    ]
    tifffile.imwrite(
        file,
        pixels,
        byteorder="<",
        photometric="minisblack" if photo.is_grey else "rgb",
        planarconfig="contig" if pixels.ndim > 2 else None,  # noqa: PLR2004
        extrasamples=None if photo.alpha is None else [photo.alpha_kind],
        compression="zlib",
        predictor=True,
        metadata=None,
        software=False,
        resolution=metadata.dpi,
        resolutionunit=_INCH if metadata.dpi else None,
        iccprofile=metadata.icc or None,
        extratags=texts,
    )
    return _with_directories(file.getvalue(), directories)


def _exif(metadata: Metadata) -> Any:  # noqa: ANN401
    from PIL import Image

    exif = Image.Exif()
    if metadata.exif:
        exif.load(metadata.exif)
    return exif


def _with_directories(tiff: bytes, directories: dict[int, Any]) -> bytes:
    """Give the first page of a TIFF directories of EXIF, which tifffile cannot write.

    They and the page's own directory, made anew, are appended; the header points to it.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    if not directories or not tiff.startswith(_LITTLE_ENDIAN_TIFF):
        return tiff
    content = bytearray(tiff)
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    first = start + 2
    entries: list[bytes] = [
        tiff[first + 12 * i : first + 12 * i + 12] for i in range(count)
    ]
    for tag, values in directories.items():
        content += bytes(len(content) % 2)
        entries.append(struct.pack("<HHII", tag, _LONG, 1, len(content)))
        directory = ImageFileDirectory_v2(ifh=b"II*\0\0\0\0\0", group=tag)
        directory.update(values)
        content += directory.tobytes(len(content))
    content += bytes(len(content) % 2)
    struct.pack_into("<I", content, 4, len(content))
    content += struct.pack("<H", len(entries))
    entries.sort(key=_tag_of)
    content += b"".join(entries)
    return bytes(content + bytes(4))  # no next page


def _tag_of(entry: bytes) -> int:
    return int.from_bytes(entry[:2], "little")


_ENCODERS: dict[Format, Callable[[Photo, int], bytes]] = {
    "jpeg": _encode_jpeg,
    "png": _encode_png,
    "tiff": _encode_tiff,
}
