from pathlib import Path

import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, NetworkOptions, load_official_weights


class Golden:
    """Numbers of the released code, as torch tensors in our layout."""

    def __init__(self):
        with np.load(Path(__file__).parent / "fixtures" / "official_tiny.npz") as file:
            self.arrays = dict(file)

    def tensor(self, key):
        array = self.arrays[key]
        if array.ndim != 4:
            return torch.from_numpy(array)
        kernel = key.split("/")[0] in {"w", "g", "w5"}
        return torch.from_numpy(
            array.transpose(3, 2, 0, 1) if kernel else array.transpose(0, 3, 1, 2)
        ).contiguous()

    def group(self, prefix):
        return {
            key.removeprefix(prefix): array
            for key, array in self.arrays.items()
            if key.startswith(prefix)
        }

    @property
    def picks(self):
        return self.tensor("mask").reshape(2, 15, 15)

    @property
    def ramp(self):
        return float(self.arrays["schedule"])

    def network(self):
        net = CBSN(NetworkOptions(channels=8, blocks=2))
        load_official_weights(net, self.group("w/"))
        return net


@pytest.fixture(scope="session")
def golden():
    return Golden()
