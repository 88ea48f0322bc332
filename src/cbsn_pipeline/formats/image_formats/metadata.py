"""What a picture says beside its pixels, by Pillow."""

import base64
from pathlib import Path
from typing import Any

from cbsn_pipeline.formats.image_formats.opening import (
    QUARTER_TURNS,
    opened_by_pillow,
    orientation_of,
)

_KEPT_TAGS = {  # of EXIF's first directory; the others say how pixels are stored
    *(0x010E, 0x010F, 0x0110),  # description, make, model
    *(0x0131, 0x0132, 0x013B, 0x8298),  # software, date, artist, copyright
}
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003


def read_metadata(path: Path) -> dict[str, Any]:
    """Read what a picture says beside its pixels.

    Returns:
        ``exif``: from its TIFF header on, base64, upright, without a preview;
        ``icc``: the colour profile, base64; ``dpi``: of columns and rows, or None;
        ``lost``: why some of it could not be read, or None.
    """
    found: dict[str, Any] = {"exif": "", "icc": "", "dpi": None, "lost": None}
    try:
        with opened_by_pillow(path) as image:
            found["icc"] = _base64(image.info.get("icc_profile"))
            if (dpi := image.info.get("dpi")) is not None:
                found["dpi"] = [float(value) for value in dpi]
            if image.format != "PNG" or "exif" in image.info:
                found["exif"] = _base64(_upright_exif(image))
    except Exception as error:  # noqa: BLE001  pixels are worth more than what is beside
        found["lost"] = str(error) or type(error).__name__
    return found


def _base64(content: bytes | None) -> str:
    return base64.b64encode(content or b"").decode()


def _upright_exif(image: Any) -> bytes:  # noqa: ANN401
    from PIL import Image

    exif, kept = image.getexif(), Image.Exif()
    for tag in _KEPT_TAGS & exif.keys():
        kept[tag] = exif[tag]
    for directory in (_EXIF_DIRECTORY, _GPS_DIRECTORY):
        if values := dict(exif.get_ifd(directory)):
            if directory == _EXIF_DIRECTORY and _PIXEL_WIDTH in values:
                turned = orientation_of(image) in QUARTER_TURNS
                sides = image.size[::-1] if turned else image.size
                values[_PIXEL_WIDTH], values[_PIXEL_HEIGHT] = sides
            kept.get_ifd(directory).update(values)
    return kept.tobytes().removeprefix(b"Exif\0\0") if len(kept) else b""
