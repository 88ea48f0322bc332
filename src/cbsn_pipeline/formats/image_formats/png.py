"""PNG, by OpenCV."""

from pathlib import Path

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

_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by colour type, palettes applied
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def describe(path: Path) -> Description:
    """Read the header, and look whether the last chunk is there."""
    with opened_by_pillow(path) as image, mapped(path) as content:
        if content.rfind(_END) < 0:  # programs append notes of their own behind it
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
            channels=4 if transparent else _CHANNELS[colour],
            dtype="uint16" if bits == 16 else "uint8",  # noqa: PLR2004
            # Pillow would decode the picture to look for EXIF behind it.
            orientation=orientation_of(image) if "exif" in image.info else 1,
        )


def decode(path: Path, described: Description) -> Pixels:
    """Decode all channels."""
    import cv2

    bgr, _ = decode_by_opencv(path.read_bytes(), cv2.IMREAD_UNCHANGED)
    # OpenCV makes four channels of grey and alpha
    if described.channels == 2 and bgr.ndim == 3:  # noqa: PLR2004
        return bgr[..., [0, -1]]
    return as_rgb(bgr)
