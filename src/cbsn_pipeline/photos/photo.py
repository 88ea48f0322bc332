"""A photograph: its pixels as stored, and what its file says beside them."""

import base64
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats.image_formats.metadata import read_metadata
from cbsn_pipeline.formats.images import describe, read_pixels
from cbsn_pipeline.formats.untrusted import read_untrusted

logger = logging.getLogger(__name__)

Pixels = NDArray[Any]

# What a single photograph can fail with: unreadable, strange, too large for the memory.
FAILURES = (DatasetError, ValueError, OSError, RuntimeError, MemoryError)

RGB = 3
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)


@dataclass(frozen=True)
class Metadata:
    """What a file says beside the pixels, ready to be written again.

    Attributes:
        exif: From its TIFF header on; upright, without a preview. Empty: none.
        icc: The colour profile. Empty: none, which most programs take for sRGB.
        dpi: Of columns and rows.
    """

    exif: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True)
class Photo:
    """A photograph, turned upright.

    Attributes:
        source: Where it is from.
        format: ``PNG``, ``JPEG``, ``TIFF``, ``RAW`` and so on.
        pixels: (H, W, C), uint8 or uint16: 1 grey, 2 with alpha, 3 RGB, 4 with alpha.
        alpha_kind: Of the last channel, as :class:`~.image_formats.Description` says.
        metadata: What is beside them.
    """

    source: Path
    format: str
    pixels: Pixels
    alpha_kind: int = 2
    metadata: Metadata = Metadata()

    @property
    def is_grey(self) -> bool:
        """Whether there is one channel beside alpha."""
        return int(self.pixels.shape[-1]) < RGB

    @property
    def rgb(self) -> Pixels:
        """The colours without alpha: (H, W, 3); grey three times."""
        if self.is_grey:
            return np.repeat(self.pixels[..., :1], RGB, axis=-1)
        return self.pixels[..., :RGB]

    @property
    def alpha(self) -> Pixels | None:
        """How opaque: (H, W, 1), if it is stored."""
        return None if self.pixels.shape[-1] % 2 else self.pixels[..., -1:]

    def with_rgb(self, rgb: Pixels) -> Self:
        """Give the photograph with other colours: grey stays grey, alpha as it was.

        Args:
            rgb: (H, W, 3), of the same size and type.
        """
        colours = rgb
        if self.is_grey:
            grey = rgb.astype(np.float32) @ np.array(LUMA, np.float32)
            colours = np.rint(grey).astype(rgb.dtype)[..., None]
        if self.alpha is not None:
            colours = np.concatenate([colours, self.alpha], axis=-1)
        return replace(self, pixels=colours)


def read_photo(path: Path) -> Photo:
    """Read a photograph with what its file says beside the pixels.

    Raises:
        DatasetError: It is missing, damaged, larger than what is read, or of a kind
            that is not read.
        OSError: It cannot be opened.
    """
    image = describe(path)
    pixels = read_pixels(path, image)
    found = read_untrusted(
        read_metadata, path, damaged="says nothing beside its pixels: {}"
    )
    if found["lost"]:
        logger.warning("%s: EXIF or profile are not kept: %s.", path, found["lost"])
    metadata = Metadata(
        exif=base64.b64decode(found["exif"]),
        icc=base64.b64decode(found["icc"]),
        dpi=found["dpi"] and tuple(found["dpi"]),
    )
    return Photo(path, image.format, pixels, image.alpha, metadata)


def why(path: Path, error: BaseException) -> str:
    """Say what a photograph failed with, and name it once."""
    reason = str(error) or repr(error)
    return reason if reason.startswith(str(path)) else f"{path}: {reason}"
