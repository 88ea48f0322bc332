"""Kaggle's layout: a CSV file with one line of base64 per block."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cbsn_pipeline.benchmarks.sidd.submission import (
    KAGGLE_HEADER,
    Block,
    block_id,
    decode_block,
    encode_block,
)
from cbsn_pipeline.formats.blocks_spool import BlocksSpool

NO_BLOCK = np.empty(0, np.uint8)


def write(path: Path, spool: BlocksSpool) -> None:
    """Write all blocks, image by image.

    Args:
        path: The file.
        spool: The denoised blocks.
    """
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(",".join(KAGGLE_HEADER) + "\n")
        for image in range(spool.num_images):
            for number, block in enumerate(spool.read(image)):
                line = block_id(image, number, num_blocks=spool.num_blocks)
                file.write(f"{line},{encode_block(block)}\n")


def check(path: Path, spool: BlocksSpool) -> None:
    """Read the file back, line by line, and compare it with what was denoised.

    Args:
        path: The file.
        spool: The denoised blocks.

    Raises:
        ValueError: A line is missing or superfluous, or holds another id or block.
    """
    lines = read(path)
    for image in range(spool.num_images):
        for number, block in enumerate(spool.read(image)):
            wanted = block_id(image, number, num_blocks=spool.num_blocks)
            found, decoded = next(lines, (None, NO_BLOCK))
            if found != wanted or not np.array_equal(decoded, block):
                raise ValueError(
                    f"{path}: where block {wanted} was written, "
                    f"{'nothing' if found is None else f'block {found}'} is read, or "
                    "its pixels differ. Is the disk full or failing?"
                )
    if next(lines, None) is not None:
        raise ValueError(f"{path} has more lines than blocks were written.")


def read(path: Path) -> Iterator[tuple[int, Block]]:
    """Read a file line by line.

    Args:
        path: A complete file of this layout.

    Yields:
        The id and the block, (256, 256, 3) uint8.

    Raises:
        ValueError: The header or a line is not of this layout.
    """
    with path.open(encoding="ascii", newline="") as file:
        header = file.readline().rstrip("\r\n")
        if header != ",".join(KAGGLE_HEADER):
            raise ValueError(
                f"{path} begins with {header[:40]!r}; expected "
                f"{','.join(KAGGLE_HEADER)!r}."
            )
        for line in file:
            number, text = line.rstrip("\r\n").split(",")
            yield int(number), decode_block(text)
