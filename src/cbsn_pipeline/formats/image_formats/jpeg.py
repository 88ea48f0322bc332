"""JPEG, by OpenCV; what its library says of missing bytes counts."""

import re
from pathlib import Path
from typing import Any

from cbsn_pipeline.files.isolated import Damaged, NotRead
from cbsn_pipeline.formats.image_formats.opening import (
    Description,
    Pixels,
    as_rgb,
    decode_by_opencv,
    mapped,
    opened_by_pillow,
    orientation_of,
)

_END = b"\xff\xd9"
_CMYK = 4  # channels
MOST_PADDING = 100  # bytes before the end: cameras leave some


def describe(path: Path) -> Description:
    """Read the header; without a mark of the end, look whether all pixels are there."""
    with opened_by_pillow(path) as image:
        if image.layers == _CMYK:
            raise NotRead(
                "its colours are CMYK, inks for printing. Export it as RGB (sRGB)"
            )
        if not _has_end(path, image):
            # Where each scan refines the whole, nothing tells that some are missing.
            if image.info.get("progressive"):
                raise Damaged("the mark of its end, EOI, is missing")
            _decode(path)  # some programs forget the mark: are the pixels there?
        return Description(
            *("JPEG", image.height, image.width, image.layers),
            dtype="uint8" if image.bits == 8 else "uint16",  # noqa: PLR2004
            orientation=orientation_of(image),
        )


def _has_end(path: Path, image: Any) -> bool:  # noqa: ANN401
    """Whether the mark of the end follows the first scan: a preview has one too."""
    with mapped(path) as content:
        return content.rfind(_END, image.fp.tell()) >= 0


def decode(path: Path, _: Description) -> Pixels:
    """Decode grey or colours."""
    return _decode(path)


def _decode(path: Path) -> Pixels:
    import cv2

    with opened_by_pillow(path) as image:
        whole = _has_end(path, image)
    # With an end of our own the library says whether pixels are missing before it.
    content = path.read_bytes() + (b"" if whole else _END)
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    bgr, printed = decode_by_opencv(content, flags)
    for words in re.findall("Corrupt JPEG data: (.*)", printed):
        padding = re.fullmatch(r"(\d+) extraneous bytes before marker 0xd9", words)
        if padding is None or int(padding[1]) > MOST_PADDING:
            raise Damaged(words)
    return as_rgb(bgr)
