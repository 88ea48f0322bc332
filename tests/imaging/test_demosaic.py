"""Demosaicing: what is measured stays, what is plain comes back plain."""

import numpy as np
import pytest

from cbsn_pipeline.imaging.demosaic import demosaic


@pytest.mark.parametrize("size", [(4, 4), (7, 9), (8, 5)])
def test_demosaicing_keeps_constant_colours_on_odd_sizes_too(size):
    colour = np.float32([0.1, 0.5, 0.9])
    mosaic = np.full(size, colour[1])
    mosaic[0::2, 0::2] = colour[0]
    mosaic[1::2, 1::2] = colour[2]

    rgb = demosaic(mosaic)

    # A correction by gradients is exact where each colour is constant.
    assert rgb == pytest.approx(np.broadcast_to(colour, (*size, 3)), abs=1e-6)


def test_demosaicing_keeps_what_was_measured():
    mosaic = np.random.default_rng(0).random((9, 8), dtype=np.float32)

    rgb = demosaic(mosaic)

    assert np.array_equal(rgb[0::2, 0::2, 0], mosaic[0::2, 0::2])
    assert np.array_equal(rgb[0::2, 1::2, 1], mosaic[0::2, 1::2])
    assert np.array_equal(rgb[1::2, 0::2, 1], mosaic[1::2, 0::2])
    assert np.array_equal(rgb[1::2, 1::2, 2], mosaic[1::2, 1::2])
