import numpy as np
import pytest

from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.imaging.quantise import to_uint8
from published_psnr import (
    PUBLISHED_PSNR,
    psnr_not_clipped,
    psnr_not_rounded,
    psnr_pooled,
    psnr_truncated,
    psnr_wrapped,
)


def one_channel_off(level, clean_level, shape=(1, 1, 3)):
    """One value of a network's output is ``level``, all others are right."""
    clean = np.full(shape, clean_level, dtype=np.uint8)
    denoised = np.full(shape, clean_level, dtype=np.float64)
    denoised[0, 0, 0] = level
    return denoised / 255, clean


def test_wrapping_makes_the_brightest_pixel_black():
    denoised, clean = one_channel_off(256, 255)

    # 256 becomes 0: mean squared error 255^2 / 3; clipped it would be perfect
    assert psnr_wrapped(denoised, clean) == pytest.approx(10 * np.log10(3))
    assert psnr(to_uint8(denoised), clean) == float("inf")


def test_wrapping_makes_the_darkest_pixel_white():
    denoised, clean = one_channel_off(-1, 0)

    assert psnr_wrapped(denoised, clean) == pytest.approx(10 * np.log10(3))


def test_wrapping_rounds_to_the_nearest_level():
    denoised, clean = one_channel_off(100.6, 100)

    # 1^2 / 3
    assert psnr_wrapped(denoised, clean) == pytest.approx(10 * np.log10(3 * 255**2))


def test_truncating_cuts_the_fraction_off():
    denoised, clean = one_channel_off(100.9, 101)

    # 100 instead of 101: 1^2 / 3
    assert psnr_truncated(denoised, clean) == pytest.approx(10 * np.log10(3 * 255**2))


def test_truncating_clips():
    assert psnr_truncated(*one_channel_off(300, 255)) == float("inf")
    assert psnr_truncated(*one_channel_off(-40, 0)) == float("inf")


def test_without_rounding_a_fraction_is_an_error():
    denoised, clean = one_channel_off(100.5, 100)

    # 0.5^2 / 3
    expected = pytest.approx(10 * np.log10(3 * 255**2 / 0.25))
    assert psnr_not_rounded(denoised, clean) == expected
    assert psnr_not_clipped(denoised, clean) == expected


def test_without_clipping_overshoot_is_an_error():
    denoised, clean = one_channel_off(258, 255)

    assert psnr_not_rounded(denoised, clean) == float("inf")
    # 3^2 / 3
    assert psnr_not_clipped(denoised, clean) == pytest.approx(10 * np.log10(255**2 / 3))


@pytest.mark.parametrize("published", PUBLISHED_PSNR.values())
def test_levels_of_8_bits_are_the_same_for_every_code(published):
    rng = np.random.default_rng(0)
    levels, clean = rng.integers(0, 256, (2, 8, 9, 3)).astype(np.uint8)

    for unit in (levels / 255, levels / np.float32(255)):
        assert published(unit, clean) == pytest.approx(psnr(levels, clean))


def test_the_pooled_error_gives_less_than_the_mean_of_decibels():
    clean = np.zeros((2, 2, 3), dtype=np.uint8)
    pairs = [(np.full_like(clean, level), clean) for level in (1, 7)]

    # mean squared errors 1 and 49: pooled 25, and the mean of the dB is that of 7
    assert psnr_pooled(iter(pairs)) == pytest.approx(20 * np.log10(255 / 5))
    assert np.mean([psnr(*pair) for pair in pairs]) == pytest.approx(
        10 * np.log10(255**2 / 7)
    )


def test_a_large_image_weighs_more_in_the_pool():
    small, large = (np.zeros((1, n, 3), dtype=np.uint8) for n in (1, 3))

    # (1 * 16 + 3 * 0) / 4
    pooled = psnr_pooled([(small + np.uint8(4), small), (large, large)])

    assert pooled == pytest.approx(20 * np.log10(255 / 2))


@pytest.mark.parametrize("published", PUBLISHED_PSNR.values())
def test_rounded_images_are_refused(published):
    clean = np.zeros((2, 2, 3), dtype=np.uint8)

    with pytest.raises(ValueError, match=r"Expected a floating .* got uint8 and uint8"):
        published(clean, clean)


@pytest.mark.parametrize("published", PUBLISHED_PSNR.values())
def test_shapes_that_would_broadcast_are_refused(published):
    with pytest.raises(ValueError, match=r"denoised \(1, 2, 3\), clean \(2, 2, 3\)"):
        published(np.zeros((1, 2, 3)), np.zeros((2, 2, 3), dtype=np.uint8))


def test_pooling_refuses_nothing_and_unequal_shapes():
    with pytest.raises(ValueError, match="no pair to pool"):
        psnr_pooled([])
    with pytest.raises(ValueError, match="different shapes"):
        psnr_pooled([(np.zeros((1, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8))])
