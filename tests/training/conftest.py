import numpy as np
import pytest

from cbsn_pipeline.training.estimate import bench
from cbsn_pipeline.training.options import TrainOptions


class FakePatches:
    """Patches whose pixels say which patch and which place they are of."""

    digest = fingerprint = "0123456789abcdef"

    def __init__(self, count=7, size=12):
        rows, columns = np.mgrid[:size, :size]
        self._patches = [
            np.stack([np.full_like(rows, i), rows, columns], axis=-1).astype(np.uint8)
            for i in range(count)
        ]

    def __len__(self):
        return len(self._patches)

    def __getitem__(self, index):
        return self._patches[index]

    def describe(self, index):
        return f"image {index} at (0, 0)"


@pytest.fixture
def patches():
    return FakePatches()


@pytest.fixture
def options():
    return TrainOptions(
        network={"channels": 8, "blocks": 1},
        steps=6,
        batch_size=2,
        crop_size=10,
        ramp_steps=4,
        learning_rate=1e-3,
    )


@pytest.fixture
def hurry(monkeypatch):
    """Measure steps for a blink."""
    monkeypatch.setattr(bench, "SECONDS", 0.05)
    monkeypatch.setattr(bench, "WARM_UP_SECONDS", 0.05)
