"""Two images of three denoised blocks on disk."""

import numpy as np
import pytest

from cbsn_pipeline.formats.blocks_spool import BlocksSpool
from cbsn_pipeline.formats.sidd_layouts import Extras


@pytest.fixture(scope="session")
def denoised():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, 3, 256, 256, 3), dtype=np.uint8)


@pytest.fixture
def spool(tmp_path, denoised):
    spool = BlocksSpool(tmp_path / "spool", num_images=2, num_blocks=3)
    for image in denoised:
        spool.append(image)
    return spool


@pytest.fixture
def other_spool(tmp_path, denoised):
    """As the spool, but for one value of the last block."""
    changed = denoised.copy()
    changed[1, 2, 255, 255, 2] ^= 1
    spool = BlocksSpool(tmp_path / "other_spool", num_images=2, num_blocks=3)
    for image in changed:
        spool.append(image)
    return spool


@pytest.fixture
def extras():
    texts = {"MethodName": "C-BSN", "Authors": "Zoë", "MachineSpecs": "A CPU"}
    return Extras(seconds_per_megapixel=1.25, optional_data=texts)
