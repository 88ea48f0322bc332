"""A tiny validation set, and a denoiser that needs no network."""

import numpy as np
import pytest

from cbsn_pipeline.cbsn.provenance import Provenance
from cbsn_pipeline.imaging.baselines import gaussian_blur


class BlurringDenoiser:
    """Stands in for cbsn.Denoiser: blurs every block."""

    def __init__(self, trained_on=()):
        self.provenance = Provenance(
            data_digest="abc",
            data_kind="sidd_blocks",
            steps=7,
            trained_on=trained_on,
            options={"blind_stride": 3},
        )
        self.calls = []
        self.average = None
        self.file = None

    def restituting(self, restitution):
        self.restitution = restitution
        return self

    def denoise_blocks(self, blocks, *, padding, batch_size):
        self.calls.append((blocks.shape, padding, batch_size))
        return np.stack([gaussian_blur(block, 1.5) for block in blocks])


@pytest.fixture
def denoiser():
    return BlurringDenoiser()


@pytest.fixture
def make_denoiser():
    return BlurringDenoiser


@pytest.fixture(scope="session")
def make_set():
    """Build smooth clean blocks and noisy ones, (images, blocks, size, size, 3)."""

    def make(images=2, blocks=2, size=256):
        rng = np.random.default_rng(0)
        rows, columns = np.mgrid[:size, :size] / 20
        clean = np.empty((images, blocks, size, size, 3), dtype=np.uint8)
        for index in np.ndindex(images, blocks):
            phase = rng.uniform(0, 6, 3)
            waves = np.sin(rows[..., None] + phase) + np.cos(columns[..., None] - phase)
            clean[index] = np.rint(128 + 40 * waves)
        # The second image is noisier than the first, and so on.
        sigma = 10 * (1 + np.arange(images)).reshape(-1, 1, 1, 1, 1)
        noisy = clean + sigma * rng.standard_normal(clean.shape)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8), clean

    return make
