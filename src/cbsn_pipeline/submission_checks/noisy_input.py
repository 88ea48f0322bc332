"""The noisy input that blocks of a submission are compared with."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.boxes import check_boxes
from cbsn_pipeline.datasets.submission_dataset import read_noisy_blocks
from cbsn_pipeline.formats.dnd_folder import DndFolder
from cbsn_pipeline.submission_checks.rules.facts import PEAK

Array = NDArray[Any]


class NoisyBlocks:
    """SIDD's noisy blocks by their place.

    Args:
        path: A MATLAB file.
        grid: Number of images, and of blocks per image, that it must have.

    Raises:
        DatasetError: It cannot be read.
        ValueError: It is of another size.
    """

    def __init__(self, path: Path, grid: tuple[int, int]) -> None:
        blocks = read_noisy_blocks(path)
        if blocks.shape[:2] != grid:
            raise ValueError(
                f"it holds {blocks.shape[0]} images x {blocks.shape[1]} blocks, the "
                f"submission is to have {grid[0]} x {grid[1]}."
            )
        self._blocks = blocks.reshape(-1, *blocks.shape[2:])

    def block(self, place: int) -> NDArray[np.uint8] | None:
        """Return a noisy block, levels 0..255; None for a place that is not there."""
        return self._blocks[place] if place < len(self._blocks) else None


class NoisyCrops:
    """DND's noisy crops, image by image.

    Args:
        path: The folder of DND.
        grid: Number of images, and of boxes per image, that it must have.
        crop_size: Height and width of a crop, in pixels.

    Raises:
        DatasetError: It cannot be read.
        ValueError: It is of another size.
    """

    def __init__(self, path: Path, grid: tuple[int, int], crop_size: int) -> None:
        self._folder = DndFolder(path)
        if self._folder.num_images != grid[0]:
            raise ValueError(
                f"it lists {self._folder.num_images} images, the submission is to "
                f"have {grid[0]}."
            )
        for image in range(grid[0]):
            check_boxes(
                self._folder.boxes(image),
                where=f"image {image + 1}",
                num_boxes=grid[1],
                crop_size=crop_size,
            )

    def crops(self, image: int) -> list[Array]:
        """Read the crops of an image (from 0), in levels 0..255.

        Raises:
            DatasetError: Its file is missing or damaged.
        """
        pixels = self._folder.read(image) * np.float32(PEAK)
        boxes = range(len(self._folder.boxes(image)))
        return [self._folder.crop(pixels, image, box) for box in boxes]
