"""Autocorrelation of noise: by hand, on filtered white noise, and refused input."""

import numpy as np
import pytest

from cbsn_pipeline.imaging.noise_correlation import noise_autocorrelation


def test_a_chessboard_alternates_between_minus_one_and_one():
    chessboard = np.indices((6, 8)).sum(axis=0) % 2

    correlation = noise_autocorrelation(chessboard, 2)

    assert correlation == pytest.approx(np.array([[-1, 1], [-1, 1]]))


def test_three_values_by_hand():
    noise = np.tile([1.0, 0.0, -1.0], (3, 1))  # mean 0, lag 1: 0 of (1 + 1) / 2

    horizontal, vertical = noise_autocorrelation(noise, 2)

    assert horizontal == pytest.approx([0, -1])
    assert vertical == pytest.approx([1, 1])


def test_white_noise_is_uncorrelated_and_blurred_noise_is_as_its_kernel_says():
    white = np.random.default_rng(0).standard_normal((257, 301, 3))
    blurred = (white[:, :-1] + white[:, 1:]) / 2  # [1 1]: half at lag 1, 0 beyond

    assert noise_autocorrelation(white, 5) == pytest.approx(0, abs=0.02)
    horizontal, vertical = noise_autocorrelation(blurred, 3)
    assert horizontal == pytest.approx([0.5, 0, 0], abs=0.02)
    assert vertical == pytest.approx([0, 0, 0], abs=0.02)


def test_offset_and_scale_do_not_matter():
    noise = np.random.default_rng(1).standard_normal((9, 11))

    assert noise_autocorrelation(5 * noise + 3, 3) == pytest.approx(
        noise_autocorrelation(noise, 3)
    )


def test_constant_noise_has_no_correlation():
    assert not noise_autocorrelation(np.ones((5, 5)), 2).any()


@pytest.mark.parametrize("max_lag", [0, 4])
def test_refuses_a_lag_that_does_not_fit(max_lag):
    with pytest.raises(ValueError, match=f"max_lag is {max_lag} for noise of 4 x 9"):
        noise_autocorrelation(np.zeros((4, 9)), max_lag)


def test_refuses_a_stack_of_blocks():
    with pytest.raises(ValueError, match=r"shape \(2, 8, 8, 3\); expected \(height"):
        noise_autocorrelation(np.zeros((2, 8, 8, 3)))


def test_refuses_nan():
    with pytest.raises(ValueError, match="NaN or infinity"):
        noise_autocorrelation(np.full((8, 8), np.nan))
