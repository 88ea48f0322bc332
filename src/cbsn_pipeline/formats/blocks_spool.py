"""Denoised blocks on disk, from where every layout is written: memory stays flat."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.submission import BLOCK_SHAPE

Blocks = NDArray[np.uint8]


class BlocksSpool:
    """Blocks written image after image, and read back by image.

    Args:
        path: The file, made on the first image.
        num_images: How many images there will be.
        num_blocks: Blocks of each.
    """

    def __init__(self, path: Path, *, num_images: int, num_blocks: int) -> None:
        self.path = path
        self.num_images, self.num_blocks = num_images, num_blocks
        self._image_shape = (num_blocks, *BLOCK_SHAPE)
        self._image_bytes = int(np.prod(self._image_shape))
        self._written = 0
        self._digest = hashlib.sha256(f"uint8 {self.shape}".encode())

    @property
    def shape(self) -> tuple[int, ...]:
        """(images, blocks, 256, 256, 3)."""
        return (self.num_images, *self._image_shape)

    @property
    def pixel_sha256(self) -> str:
        """Hash of what was appended, as :func:`imaging.pixels.pixel_sha256` has it."""
        return self._digest.hexdigest()

    def append(self, blocks: Blocks) -> None:
        """Add the blocks of the next image.

        Args:
            blocks: (blocks, 256, 256, 3) uint8.
        """
        content = np.ascontiguousarray(blocks).reshape(-1).data
        with self.path.open("ab") as file:
            file.write(content)
        self._digest.update(content)
        self._written += 1

    def check_complete(self) -> None:
        """Raise unless as many images were appended as declared.

        Raises:
            ValueError: Another number.
        """
        if self._written != self.num_images:
            raise ValueError(
                f"{self._written} images were denoised; expected {self.num_images}. "
                "The site takes the whole set only."
            )

    def read(self, image: int) -> Blocks:
        """Read the blocks of one image, (blocks, 256, 256, 3) uint8."""
        with self.path.open("rb") as file:
            file.seek(image * self._image_bytes)
            content = np.fromfile(file, np.uint8, self._image_bytes)
        return content.reshape(self._image_shape)
