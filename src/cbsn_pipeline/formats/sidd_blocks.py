"""SIDD's blocks: one array of a MATLAB file."""

import logging
from pathlib import Path

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks
from cbsn_pipeline.formats.mat_file import find_variable, read_variable

logger = logging.getLogger(__name__)

Blocks = NDArray[np.uint8]


def read_blocks(path: Path, variable: str, *, as_stored: bool = False) -> Blocks:
    """Read and check an array of blocks.

    Args:
        path: A MATLAB file of either container.
        variable: The array in it; "Gt" and "GT" are tried in turn.
        as_stored: See :func:`~cbsn_pipeline.formats.mat_file.read_variable`.

    Returns:
        uint8 0..255, (images, blocks, 256, 256, 3), any number of images and blocks.

    Raises:
        DatasetError: See :func:`~cbsn_pipeline.formats.mat_file.read_variable`; also
            if dtype or shape are not those of sRGB blocks.
    """
    found = find_variable(path, *gt_spellings(variable))
    if found != variable:
        logger.info("%s: variable %s found as %s.", path, variable, found)
    blocks: Blocks = read_variable(path, found, as_stored=as_stored)
    try:
        check_blocks(blocks, source=path, num_images=None, num_blocks=None)
    except ValueError as error:
        raise DatasetError(str(error)) from error
    return blocks


def gt_spellings(name: str) -> tuple[str, ...]:
    """Return ``name`` and its other spelling of "Gt".

    >>> gt_spellings("ValidationGtBlocksSrgb")
    ('ValidationGtBlocksSrgb', 'ValidationGTBlocksSrgb')
    >>> gt_spellings("ValidationNoisyBlocksSrgb")
    ('ValidationNoisyBlocksSrgb',)
    """
    swapped = name.replace("GtBlocks", "\0").replace("GTBlocks", "GtBlocks")
    return tuple(dict.fromkeys((name, swapped.replace("\0", "GTBlocks"))))
