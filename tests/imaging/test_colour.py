import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from cbsn_pipeline.imaging.colour import chroma_ratio, ciede2000, vivid_chroma


def picture(seed=0, height=31, width=17):
    return np.random.default_rng(seed).integers(
        0, 256, (height, width, 3), dtype=np.uint8
    )


def plain(*rgb):
    return np.full((12, 12, 3), rgb, dtype=np.uint8)


def test_ciede2000_is_that_of_scikit_image():
    one, other = picture(0), picture(1)

    expected = deltaE_ciede2000(rgb2lab(one), rgb2lab(other)).mean()

    assert ciede2000(one, other) == pytest.approx(expected, rel=2e-3)


def test_identical_pictures_differ_by_nothing():
    assert ciede2000(picture(), picture()) == 0.0
    assert chroma_ratio(picture(), picture()) == 1.0


def test_the_chroma_of_pure_red_is_known():
    # sRGB red is Lab (53.24, 80.09, 67.20) in D65: chroma 104.55
    assert vivid_chroma(plain(255, 0, 0)) == pytest.approx(104.55, abs=0.3)


def test_half_the_colour_is_half_the_chroma():
    clean = plain(200, 100, 100)
    pale = plain(166, 120, 122)  # about half way to its grey

    assert chroma_ratio(pale, clean) == pytest.approx(0.44, abs=0.05)


def test_grey_pictures_are_as_colourful_as_each_other():
    assert chroma_ratio(plain(10, 10, 10), plain(200, 200, 200)) == 1.0


def test_one_odd_pixel_does_not_count():
    odd = plain(100, 100, 100)
    odd[0, 0] = (255, 0, 0)

    assert vivid_chroma(odd) == 1.0
