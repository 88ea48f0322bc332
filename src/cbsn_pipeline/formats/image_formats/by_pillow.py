"""WebP, AVIF and BMP, by Pillow."""

from pathlib import Path

import numpy as np

from cbsn_pipeline.files.isolated import NotRead
from cbsn_pipeline.formats.image_formats.opening import (
    Description,
    Pixels,
    mapped,
    opened_by_pillow,
    orientation_of,
)

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # by channels
_CHANNELS = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBX": 3, "RGBA": 4}
_SEARCHED = 4096  # bytes of an AVIF, for the box that tells its depth
_DEPTH = 8  # bits that Pillow gives, whatever the file has


def describe(path: Path) -> Description:
    """Read the header."""
    with opened_by_pillow(path) as image:
        if (frames := getattr(image, "n_frames", 1)) > 1:
            raise NotRead(
                f"it is an animation of {frames} pictures. Export the one that you mean"
            )
        if image.format == "AVIF" and _depth(path) > _DEPTH:
            raise NotRead("it has more than 8 bits per channel. Export it to PNG")
        mode = image.mode
        if mode == "P":
            mode = "RGBA" if "transparency" in image.info else "RGB"
        if mode not in _CHANNELS:
            raise NotRead(f"its colours are {mode}. Export it as RGB (sRGB)")
        return Description(
            *(image.format, image.height, image.width, _CHANNELS[mode], "uint8"),
            orientation=orientation_of(image),
        )


def _depth(path: Path) -> int:
    """Bits per channel of an AVIF, from its box ``pixi``."""
    with mapped(path) as content:
        box = content.find(b"pixi", 0, _SEARCHED)  # version, flags, channels, bits
        return max(content[box + 9 : box + 12]) if box >= 0 else _DEPTH


def decode(path: Path, described: Description) -> Pixels:
    """Decode all channels."""
    with opened_by_pillow(path) as image:
        return np.asarray(image.convert(_MODES[described.channels]))
