import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import normalise
from cbsn_pipeline.cbsn.padded import PaddedPictures
from cbsn_pipeline.imaging.quantise import to_unit


def pictures(*size):
    return np.random.default_rng(size).integers(256, size=(2, *size, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (300, 7)])
def test_edges_are_reflected_up_to_a_multiple(size):
    noisy = pictures(*size)
    padded = PaddedPictures(noisy, padding=5, unit=8, normalised=False)
    down, along = (-(side + 10) % 8 for side in size)

    expected = np.pad(
        to_unit(noisy), ((0, 0), (5, 5 + down), (5, 5 + along), (0, 0)), mode="reflect"
    )

    _, height, width = padded.shape
    assert (height % 8, width % 8) == (0, 0)
    whole = padded.read(slice(0, height), slice(0, width))
    np.testing.assert_array_equal(whole.permute(0, 2, 3, 1), expected)


def test_a_piece_is_that_of_the_normalised_whole():
    noisy = pictures(270, 31)
    padded = PaddedPictures(noisy, padding=0, unit=1, normalised=True)
    unit = torch.from_numpy(to_unit(noisy)).permute(0, 3, 1, 2)

    piece = padded.read(slice(100, 200), slice(3, 20))

    torch.testing.assert_close(piece, normalise(unit)[0][:, :, 100:200, 3:20])
    back = padded.to_intensity(piece)
    torch.testing.assert_close(back, unit[:, :, 100:200, 3:20])
