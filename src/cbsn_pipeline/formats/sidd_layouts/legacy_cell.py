"""SubmitSrgb.mat of SIDD's MATLAB kit: v7.3, a cell of blocks."""

from pathlib import Path
from typing import Any

import numpy as np

from cbsn_pipeline.benchmarks.sidd.submission import (
    CELL_VARIABLE,
    OPTIONAL_VARIABLE,
    TIME_VARIABLE,
)
from cbsn_pipeline.formats.blocks_spool import BlocksSpool
from cbsn_pipeline.formats.matlab_hdf5 import (
    REFERENCES,
    USER_BLOCK,
    put,
    put_canonical_empty,
    put_cell,
    write_header,
)
from cbsn_pipeline.formats.sidd_layouts.extras import Extras

HEADER_TEXT = b"MATLAB 7.3 MAT-file, written by cbsn_pipeline"
COMPRESSION: dict[str, Any] = {"compression": "gzip", "compression_opts": 3}  # MATLAB's


def write(path: Path, spool: BlocksSpool, extras: Extras) -> None:
    """Write all blocks, image by image.

    Args:
        path: The file.
        spool: The denoised blocks.
        extras: Time and optional data.
    """
    import h5py

    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        blocks = file.create_group(REFERENCES)
        put_canonical_empty(blocks)
        cell = np.empty((spool.num_images, spool.num_blocks), dtype=h5py.ref_dtype)
        for image in range(spool.num_images):
            for number, block in enumerate(spool.read(image)):
                name = (
                    f"block_{number * spool.num_images + image:04d}"  # MATLAB's order
                )
                stored = put(blocks, name, block, chunks=block.T.shape, **COMPRESSION)
                stored.attrs["H5PATH"] = np.bytes_(f"/{REFERENCES}/{name}")
                cell[image, number] = stored.ref
        put_cell(file, CELL_VARIABLE, cell)
        put(file, TIME_VARIABLE, extras.seconds_per_megapixel)
        put(file, OPTIONAL_VARIABLE, extras.texts())
    write_header(path, HEADER_TEXT)


def check(path: Path, spool: BlocksSpool, extras: Extras) -> None:
    """Read the file back, block by block, and compare it with what was denoised.

    Raises:
        ValueError: The cell has another shape, a block or the time other content.
    """
    import h5py

    with h5py.File(path, "r") as file:
        cell = file[CELL_VARIABLE][()].T
        if cell.shape != (spool.num_images, spool.num_blocks):
            raise ValueError(
                f"{path}: {CELL_VARIABLE} is read with shape {cell.shape}."
            )
        for image in range(spool.num_images):
            for number, block in enumerate(spool.read(image)):
                if not np.array_equal(file[cell[image, number]][()].T, block):
                    raise ValueError(
                        f"{path}: block {number} of image {image} is read with other "
                        "content than was denoised. Is the disk full or failing?"
                    )
        if file[TIME_VARIABLE][()].item() != extras.seconds_per_megapixel:
            raise ValueError(f"{path}: {TIME_VARIABLE} is not read as written.")
