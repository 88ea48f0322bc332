"""The blocks of SIDD that are scored: their files, shapes and type.

Source: the data set as published by York University; ``docs/data.md`` says where
each file comes from.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK_SIZE = 256  # pixels, square
NUM_IMAGES = 40  # validation and benchmark images
NUM_BLOCKS = 32  # blocks per image
CHANNELS = 3  # sRGB

VALIDATION_NOISY = "ValidationNoisyBlocksSrgb"  # the variable and the file's stem
VALIDATION_CLEAN = "ValidationGtBlocksSrgb"
BENCHMARK_NOISY = "BenchmarkNoisyBlocksSrgb"


def check_blocks(
    array: NDArray[Any],
    *,
    source: str | Path,
    num_images: int | None = NUM_IMAGES,
    num_blocks: int | None = NUM_BLOCKS,
) -> None:
    """Raise if ``array`` does not hold sRGB blocks of SIDD.

    Args:
        array: What was read, to be uint8 0..255 of shape
            (images, blocks, 256, 256, 3).
        source: The file it was read from, for the message.
        num_images: How many images there must be; None accepts any number.
        num_blocks: How many blocks per image there must be; None accepts any number.

    Raises:
        ValueError: If dtype or shape differ, or there is no block at all.
    """
    wanted = (num_images, num_blocks, BLOCK_SIZE, BLOCK_SIZE, CHANNELS)
    shape = array.shape
    fits = len(shape) == len(wanted) and all(
        want in (None, got) for want, got in zip(wanted, shape, strict=True)
    )
    if not fits or 0 in shape:
        raise ValueError(
            f"{source} holds an array of shape {shape}; expected sRGB blocks of shape "
            f"{_spell(wanted)} (images, blocks, height, width, RGB). "
            f"{_likely_cause(shape, wanted)} docs/data.md says where to get the file."
        )
    if array.dtype != np.uint8:
        raise ValueError(
            f"{source} holds {array.dtype} values; SIDD sRGB blocks are uint8, 0..255. "
            "Was the file written again after a conversion? Use the published one; "
            "docs/data.md says where to get it."
        )


def _spell(shape: Iterable[int | None]) -> str:
    return f"({', '.join('any' if n is None else str(n) for n in shape)})"


def _likely_cause(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> str:
    pixels = (BLOCK_SIZE, BLOCK_SIZE, CHANNELS)
    if 0 in shape:
        return "It is empty: was the download or the writing cut short?"
    if shape[2:] == pixels:
        return (
            "It is another number of blocks: a partial set must be declared, by "
            "num_images and num_blocks in the parameters of the stage."
        )
    if len(shape) == len(wanted) - 1 and shape[2:] == pixels[:2]:
        return "Is this the raw-RGB file? The sRGB one is named '...BlocksSrgb.mat'."
    if shape[:3] == pixels[::-1] and len(shape) == len(wanted):
        return "The axes are reversed, as in a v7.3 file read without transposing."
    if shape[1:] == pixels:
        return "The image axis is missing: was the array saved flattened?"
    return "Is it the right file and variable?"
