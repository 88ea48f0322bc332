"""SIDD's noisy blocks: training on the benchmark's own noisy images."""

from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np
from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.sidd.blocks import BLOCK_SIZE, check_blocks
from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.formats.mat_file import list_variables
from cbsn_pipeline.formats.sidd_blocks import Blocks, read_blocks
from cbsn_pipeline.noisy_images.images import Image, NoisyImage, NoisyImages

EXPECTED = "a file of SIDD's noisy sRGB blocks, such as BenchmarkNoisyBlocksSrgb.mat"
NOISY_SUFFIX = "NoisyBlocksSrgb"


def find(path: Path) -> NoisyImages:
    """List the blocks of one file; every 256x256 block is an image.

    Raises:
        DatasetError: If it is no such file, or holds raw or clean blocks.
    """
    check_file(path, expected=EXPECTED)
    if "gtblocks" in path.name.lower():
        raise DatasetError(
            f"{path} holds clean blocks, by its name; expected {EXPECTED}. Training "
            "needs the noisy ones, and must never see the clean."
        )
    variable, shape = _find_noisy(path)
    images = [
        NoisyImage(path.name, path, member=(image, block))
        for image, block in np.ndindex(shape[:2])
    ]
    return NoisyImages(
        "sidd_blocks",
        images,
        read=_BlockReader(path, variable),
        read_bytes=BLOCK_SIZE * BLOCK_SIZE * 3,
    )


def _find_noisy(path: Path) -> tuple[str, tuple[int, ...]]:
    """Return name and shape of the variable, read from the file's header alone."""
    variables = list_variables(path)
    named = [name for name in variables if name.endswith(NOISY_SUFFIX)]
    if path.stem in variables:
        named = [path.stem]
    if len(named) != 1:
        listed = ", ".join(f"{k} {shape}" for k, (shape, _) in variables.items())
        raise DatasetError(
            f"{path} has no variable {path.stem!r} or ...{NOISY_SUFFIX}; it has "
            f"{listed or 'none at all'}. Expected {EXPECTED}. Names in ...Raw are "
            "raw-RGB blocks, those in ...Gt... clean ones."
        )
    shape, kind = variables[named[0]]
    dtype = np.dtype(kind) if kind != "single" else np.dtype(np.float32)
    header = np.broadcast_to(np.zeros((), dtype), shape)  # takes no memory
    try:
        check_blocks(header, source=path, num_images=None, num_blocks=None)
    except ValueError as error:
        raise DatasetError(str(error)) from error
    return named[0], shape


class _BlockReader:
    """Reads the array when the first block is asked for, and keeps it."""

    def __init__(self, path: Path, variable: str) -> None:
        self._load = partial(read_blocks, path, variable)
        self._lock = Lock()
        self._blocks: Blocks | None = None

    def __call__(self, image: NoisyImage) -> Image:
        with self._lock:
            if self._blocks is None:
                self._blocks = self._load()
        return self._blocks[image.member]
