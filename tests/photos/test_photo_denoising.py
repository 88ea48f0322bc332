from pathlib import Path

import numpy as np
import pytest

from cbsn_pipeline.cbsn.denoiser import DenoisedPicture
from cbsn_pipeline.cbsn.restitution import NOTHING
from cbsn_pipeline.photos.denoising import denoise_photo
from cbsn_pipeline.photos.photo import Photo


class Halving:
    """Stands in for a denoiser."""

    def denoise_picture(self, image, *, padding, keep_alone, advance):
        half = image // 2
        return DenoisedPicture(half, None, NOTHING, 0.0, 0.0)


def photo(channels=3, dtype=np.uint8):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (5, 7, channels))
    return Photo(Path("a.png"), "PNG", pixels.astype(dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_strength_zero_is_the_photograph_bit_for_bit(channels, dtype):
    given = photo(channels, dtype)

    result, _ = denoise_photo(Halving(), given, strength=0)

    np.testing.assert_array_equal(result.pixels, given.pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_strength_mixes_what_was_and_what_is_made(strength, dtype):
    given = photo(dtype=dtype)

    result, picture = denoise_photo(Halving(), given, strength=strength)

    noisy = given.pixels.astype(float)
    mixed = noisy + strength * (picture.image - noisy)
    assert np.abs(result.pixels - mixed).max() <= 0.5
    assert result.pixels.dtype == dtype


def test_alpha_stays():
    given = photo(4)

    result, _ = denoise_photo(Halving(), given)

    np.testing.assert_array_equal(result.alpha, given.alpha)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_beyond_its_range_is_an_error(strength):
    with pytest.raises(ValueError, match="A strength of .*: expected 0 to 1"):
        denoise_photo(Halving(), photo(), strength=strength)
