"""A tiny DND in memory, and a denoiser that needs no network."""

from pathlib import Path

import numpy as np
import pytest

from cbsn_pipeline.benchmarks.dnd.boxes import box_slices
from cbsn_pipeline.cbsn.provenance import Provenance


class TinyDnd:
    """Stands in for DndFolder: two images of 40x50 with two boxes of 16x16."""

    path = Path("dnd_2017")

    def __init__(self, num_images=2):
        rng = np.random.default_rng(0)
        self.pixels = rng.random((num_images, 40, 50, 3), dtype=np.float32)
        self.num_images = num_images
        self.box_table = np.array([[1, 1, 16, 16], [25, 35, 40, 50]])
        self.num_reads = 0

    def boxes(self, image):
        return self.box_table

    def check_images(self):
        pass

    def read(self, image):
        self.num_reads += 1
        return self.pixels[image].copy()

    def crop(self, pixels, image, box):
        return np.ascontiguousarray(pixels[box_slices(self.box_table[box])])


class DarkeningDenoiser:
    """Stands in for cbsn.Denoiser: takes half of the mean away."""

    file = None

    def __init__(self, trained_on=()):
        self.provenance = Provenance(steps=7, trained_on=tuple(trained_on))
        self.calls = []

    def restituting(self, restitution):
        self.restitution = restitution
        return self

    def denoise(self, image, *, padding=None):
        self.calls.append((image.shape, padding))
        return np.clip(image - image.mean() / 2, 0, 1).astype(np.float32)


@pytest.fixture
def dnd():
    return TinyDnd()


@pytest.fixture
def denoiser():
    return DarkeningDenoiser()
