"""Checkpoints of the golden weights, and what the released code makes of them."""

import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).resolve().parents[2]
sys.path.append(str(TESTS / "fuzz"))


@pytest.fixture(scope="session")
def golden():
    """Numbers of the released code at 8 channels and 2 blocks, by name."""
    with np.load(TESTS / "cbsn" / "fixtures" / "official_tiny.npz") as file:
        return dict(file)


@pytest.fixture(scope="session")
def weights(golden):
    """Its weights, by TensorFlow's names."""
    return {
        key.removeprefix("w/").removesuffix(":0"): array
        for key, array in golden.items()
        if key.startswith("w/")
    }


@pytest.fixture
def write(tmp_path):
    """Writes arrays as a checkpoint and opens it as the catalog does."""
    from bundle_writer import write_bundle

    from cbsn_pipeline.datasets import TensorFlowCheckpointDataset

    def make(arrays, **layout):
        write_bundle(tmp_path / "a.ckpt", arrays, **layout)
        return TensorFlowCheckpointDataset(filepath=str(tmp_path / "a.ckpt")).load()

    return make
