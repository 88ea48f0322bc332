"""What several formats share: how a file is opened and described."""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.files.isolated import Damaged

Pixels = NDArray[Any]

ORIENTATION = 0x0112  # of EXIF and TIFF
QUARTER_TURNS = range(5, 9)  # orientations at which rows are columns


class Description(NamedTuple):
    """What a file says of its picture; JSON makes a list of it.

    Attributes:
        format: Of the content, whatever the suffix.
        height: In pixels, before ``orientation`` is applied.
        width: In pixels, likewise.
        channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
        dtype: Of the values, as numpy spells it.
        orientation: As EXIF counts: 1 upright, 5 to 8 turned by a quarter.
        alpha: What a last channel beside the colours is, as TIFF counts: 1 colours are
            multiplied by it (associated), 2 they are not, 0 it is not said.
    """

    format: str
    height: int
    width: int
    channels: int
    dtype: str
    orientation: int
    alpha: int = 2


@contextmanager
def opened_by_pillow(path: Path) -> Iterator[Any]:
    """Open a picture with Pillow, which reads the header alone."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # whoever asks compares the size with a limit
    try:
        image = Image.open(path)
    except UnidentifiedImageError:
        raise Damaged("its header cannot be read") from None
    with image:
        yield image


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Give the bytes of a file without reading all of them."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        yield content


def orientation_of(image: Any) -> int:  # noqa: ANN401
    """Read the orientation of a picture that Pillow opened."""
    value = image.getexif().get(ORIENTATION, 1)
    return value if value in range(1, 9) else 1


def decode_by_opencv(content: bytes, flags: int) -> tuple[Pixels, str]:
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


def as_rgb(bgr: Pixels) -> Pixels:
    """Turn OpenCV's order of channels round."""
    import cv2

    if bgr.ndim == 2:  # noqa: PLR2004
        return bgr
    alpha = bgr.shape[-1] == 4  # noqa: PLR2004
    return cv2.cvtColor(bgr, cv2.COLOR_BGRA2RGBA if alpha else cv2.COLOR_BGR2RGB)
