"""HEIC, by pillow-heif where it is installed; 10 and 12 bits are spread over 16."""

from pathlib import Path
from typing import Any

import numpy as np

from cbsn_pipeline.files.isolated import NotRead
from cbsn_pipeline.formats.image_formats.opening import (
    Description,
    Pixels,
)


def describe(path: Path) -> Description:
    """Read the header; the library turns the picture upright."""
    heif = _opened_heif(path)
    width, height = heif.size
    colours, _, deep = heif.mode.partition(";")
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}[colours]
    dtype = "uint16" if deep else "uint8"
    return Description("HEIF", height, width, channels, dtype, orientation=1)


def decode(path: Path, _: Description) -> Pixels:
    """Decode all channels."""
    return np.asarray(_opened_heif(path))


def _opened_heif(path: Path) -> Any:  # noqa: ANN401
    try:
        import pillow_heif
    except ImportError:
        raise NotRead(
            "it is HEIC. `pip install 'cbsn_pipeline[heic]'` reads it; or export it to "
            "PNG or TIFF"
        ) from None
    pillow_heif.register_heif_opener()  # for the metadata
    return pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
