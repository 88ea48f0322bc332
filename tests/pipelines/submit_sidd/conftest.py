"""Four blocks, and a denoiser that needs no network."""

import numpy as np
import pytest

from cbsn_pipeline.cbsn.provenance import Provenance


class HalvingDenoiser:
    """Stands in for cbsn.Denoiser: halves every value."""

    file = None

    def __init__(self, trained_on=()):
        self.provenance = Provenance(steps=7, trained_on=tuple(trained_on))
        self.calls = []

    def restituting(self, restitution):
        self.restitution = restitution
        return self

    def denoise_blocks(self, blocks, *, padding, batch_size):
        assert blocks.flags.c_contiguous
        self.calls.append((blocks.shape, padding, batch_size))
        return blocks // 2


@pytest.fixture
def denoiser():
    return HalvingDenoiser()


@pytest.fixture(scope="session")
def noisy_blocks():
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (2, 2, 256, 256, 3), dtype=np.uint8)
    return np.asfortranarray(blocks)  # as a MATLAB file has them
