"""What the sites that score SIDD's benchmark accept: the layouts, not their files.

Two sites, three layouts. Kaggle, which scores today, takes a CSV file of base64 text;
the older server took a MATLAB file, laid out one way by the MATLAB kit and another way
by the Python kit. ``docs/submissions.md`` says which is which.
"""

import base64
import binascii
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.blocks import (
    BLOCK_SIZE,
    CHANNELS,
    NUM_BLOCKS,
    NUM_IMAGES,
)

Block = NDArray[np.uint8]
Layout = Literal["kaggle", "legacy_cell", "legacy_array"]

KAGGLE_HEADER = ("ID", "BLOCK")
KAGGLE_FILE = "submission.csv"  # Kaggle does not care about the name
PARTIAL_KAGGLE_FILE = "partial_set_not_for_upload.csv"
LEGACY_FILE = "SubmitSrgb.mat"

# SubmitSrgb.mat of the MATLAB kit v1.2: v7.3, a cell (40, 32) of 256x256x3 uint8.
CELL_VARIABLE = "DenoisedBlocksSrgb"
TIME_VARIABLE = "TimeMPSrgb"  # seconds per megapixel, double
OPTIONAL_VARIABLE = "OptionalData"
OPTIONAL_FIELDS = ("MethodName", "Authors", "PaperTitle", "Venue", "MachineSpecs")
# SubmitSrgb.mat of the Python kit of 2024: v5, uint8 (40, 32, 256, 256, 3).
ARRAY_VARIABLE = "SubmitSrgb"

BLOCK_SHAPE = (BLOCK_SIZE, BLOCK_SIZE, CHANNELS)
BLOCK_BYTES = BLOCK_SIZE * BLOCK_SIZE * CHANNELS
BLOCK_CHARACTERS = -(-BLOCK_BYTES // 3) * 4  # of its base64 text


def block_id(image: int, block: int, *, num_blocks: int = NUM_BLOCKS) -> int:
    """Number a block as Kaggle does (all counted from 0).

    >>> block_id(39, 31)
    1279
    """
    return image * num_blocks + block


def is_whole_set(num_images: int, num_blocks: int) -> bool:
    """Say whether a set of this size is the official one: only that can be uploaded."""
    return (num_images, num_blocks) == (NUM_IMAGES, NUM_BLOCKS)


def layout_file(layout: Layout, *, whole_set: bool) -> str:
    """Name the file of a layout, relative to the folder of a submission.

    Args:
        layout: Which one; each has a folder of its own, since both legacy files have
            the same name.
        whole_set: Whether all blocks of the benchmark are in it. Kaggle's file of a
            part says in its name that it cannot be uploaded.

    >>> layout_file("legacy_cell", whole_set=True)
    'legacy_cell/SubmitSrgb.mat'
    """
    if layout != "kaggle":
        return f"{layout}/{LEGACY_FILE}"
    return f"{layout}/{KAGGLE_FILE if whole_set else PARTIAL_KAGGLE_FILE}"


def check_denoised_block(
    denoised: NDArray[Any], noisy: NDArray[Any], where: str
) -> None:
    """Raise if a block would be refused, or scored as nonsense.

    Args:
        denoised: What would be uploaded, to be (256, 256, 3) uint8, 0..255.
        noisy: The block that it was made from, same shape and type.
        where: Image and block, for the message.

    Raises:
        ValueError: Shape or type are wrong, or the block is the input although that
            has something to denoise (a burnt-out block may stay as it is).
    """
    if denoised.shape != BLOCK_SHAPE or denoised.dtype != np.uint8:
        raise ValueError(
            f"{where}: denoised block of shape {denoised.shape} and {denoised.dtype}; "
            f"expected {BLOCK_SHAPE} and uint8. Was a batch axis left on, or the block "
            "not rounded and clipped (imaging.quantise.to_uint8)?"
        )
    if noisy.min() != noisy.max() and np.array_equal(denoised, noisy):
        raise ValueError(
            f"{where}: the denoised block is the noisy input, value for value. Was the "
            "denoiser applied, and trained at all?"
        )


def encode_block(block: Block) -> str:
    """Write a block as Kaggle's text: base64 of its bytes, row by row, no line breaks.

    Args:
        block: (256, 256, 3) uint8, 0..255.

    Returns:
        262,144 characters.

    Raises:
        ValueError: Another shape or type.
    """
    if block.shape != BLOCK_SHAPE or block.dtype != np.uint8:
        raise ValueError(
            f"Expected a block of shape {BLOCK_SHAPE} and uint8, got {block.shape} and "
            f"{block.dtype}: round and clip it first (imaging.quantise.to_uint8)."
        )
    return base64.b64encode(np.ascontiguousarray(block).tobytes()).decode("ascii")


def decode_block(text: str) -> Block:
    """Read a block back from Kaggle's text: the inverse of :func:`encode_block`.

    Args:
        text: Standard base64 without line breaks.

    Returns:
        (256, 256, 3) uint8, 0..255.

    Raises:
        ValueError: It is not base64, or not of a block's length.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(
            f"The text of {len(text):,} characters is not standard base64 ({error}): "
            "were line breaks, another alphabet or a prefix such as b' written?"
        ) from error
    if len(content) != BLOCK_BYTES:
        raise ValueError(
            f"The text of {len(text):,} characters holds {len(content):,} bytes; a "
            f"block of {BLOCK_SHAPE} uint8 has {BLOCK_BYTES:,}. Was it written as "
            "float, resized, or cut off?"
        )
    return np.frombuffer(content, np.uint8).reshape(BLOCK_SHAPE)
