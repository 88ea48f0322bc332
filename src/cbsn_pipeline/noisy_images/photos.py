"""Any photographs: a folder, a file or a glob."""

from pathlib import Path

import numpy as np

from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.imaging.quantise import to_unit
from cbsn_pipeline.noisy_images.images import Image, NoisyImage, NoisyImages
from cbsn_pipeline.photos.files import find_photo_files

READ_BYTES = 250 * 2**20  # 24 million pixels of 16 bits, and as float32


def find(path: Path) -> NoisyImages:
    """List photographs; pixels are read as they are.

    8-bit images stay uint8 in 0..255. 16-bit ones become float32 in [0, 1]: nothing
    downstream holds 16-bit integers. The orientation of a photograph is applied.

    Args:
        path: A folder (searched to any depth), one file, or a glob such as
            ``photos/**/*.jpg``.

    Raises:
        DatasetError: If nothing is there, or no photograph is among it.
    """
    files, root = find_photo_files(path)
    images = [NoisyImage(f.relative_to(root).as_posix(), f) for f in files]
    return NoisyImages("photos", images, read=_read, read_bytes=READ_BYTES)


def _read(image: NoisyImage) -> Image:
    pixels = read_rgb(image.file)
    return to_unit(pixels) if pixels.dtype == np.uint16 else pixels
