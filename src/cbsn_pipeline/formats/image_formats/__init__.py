"""Describes and decodes pictures; runs in the process of :mod:`..files.isolated`.

One module per format, each with ``describe`` and ``decode``. What a library would read
as something else, or only in part, is refused there by name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cbsn_pipeline.files.isolated import Damaged
from cbsn_pipeline.formats.image_formats import by_pillow, heif, jpeg, png, raw, tiff
from cbsn_pipeline.formats.image_formats.opening import (
    QUARTER_TURNS,
    Description,
    Pixels,
)

__all__ = ["Description", "decode", "describe"]

_FORMATS: dict[str, Any] = {
    "PNG": png,
    "JPEG": jpeg,
    "TIFF": tiff,
    "WEBP": by_pillow,
    "AVIF": by_pillow,
    "BMP": by_pillow,
    "HEIF": heif,
    "RAW": raw,
}
_SIGNATURES = {  # first bytes
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",  # BigTIFF
    b"MM\x00+": "TIFF",
    b"BM": "BMP",
}
_BRANDS = {  # behind the first size: of RIFF and of ISO's base media format
    b"avif": "AVIF",
    b"avis": "AVIF",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"), "HEIF"),
}


def format_of(path: Path) -> str | None:
    """Tell the format by the content, but for raw files of cameras."""
    if path.suffix.lower() in raw.SUFFIXES:
        return "RAW"
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp":
        return _BRANDS.get(start[8:12])
    return next((f for mark, f in _SIGNATURES.items() if start.startswith(mark)), None)


def describe(path: Path) -> Description | None:
    """Say what a picture is, from its header, and whether its end is there.

    Returns:
        None for formats that are not read.

    Raises:
        Damaged: The header is damaged, or the end missing.
        NotRead: It is a picture of a kind that is not read.
    """
    if (name := format_of(path)) is None:
        return None
    described: Description = _FORMATS[name].describe(path)
    return described


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
    pixels = _FORMATS[description.format].decode(path, description)
    if pixels.ndim == 2:  # noqa: PLR2004  grey
        pixels = pixels[..., None]
    declared = description.height, description.width, description.channels
    if pixels.shape != declared:
        raise Damaged(f"it decodes to {pixels.shape} where it declares {declared}")
    return _turned(pixels, description.orientation)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn a picture upright, as its orientation says (EXIF 2.3, page 30)."""
    if orientation in QUARTER_TURNS:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
