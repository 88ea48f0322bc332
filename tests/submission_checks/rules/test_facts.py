import numpy as np
import pytest

from cbsn_pipeline.submission_checks.rules.facts import (
    estimate_noise,
    measure_block,
    signature,
)


def measure(pixels, noisy=None):
    return measure_block(pixels, noisy, place=3, name="ID 3", file="a.csv")


def test_a_signature_holds_the_means_of_cells():
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:2, 2:4] = [[(4, 8, 12), (0, 0, 0)], [(0, 0, 0), (0, 0, 0)]]

    cells = signature(pixels)

    assert cells.shape == (16, 16, 3)
    assert cells[0, 1].tolist() == [1, 2, 3]  # a quarter of 4, 8 and 12
    assert cells.sum() == 6


def test_what_does_not_fill_a_cell_is_left_out():
    pixels = np.ones((35, 47, 3), np.float32)
    pixels[32:] = pixels[:, 32:] = 9

    assert (signature(pixels) == 1).all()  # cells of 2 x 2


def test_the_estimated_noise_is_that_of_white_noise():
    noise = np.random.default_rng(0).normal(100, 12, (256, 256, 3))

    assert estimate_noise(noise) == pytest.approx(12, rel=0.02)


def test_a_slope_is_no_noise():
    ramp = np.arange(64.0)[None, :, None] * np.ones((64, 1, 3))

    assert estimate_noise(ramp) == 0


def test_the_change_is_measured_in_levels():
    noisy = np.full((16, 16, 3), 100, np.uint8)
    pixels = noisy.copy()
    pixels[:8] = 97  # below: uint8 would wrap around

    facts = measure(pixels, noisy)

    assert facts.noisy.change_rms == pytest.approx((9 / 2) ** 0.5)
    assert facts.noisy.largest_change == 3
    assert facts.high == 100


def test_a_block_of_one_colour_is_constant():
    block = np.zeros((16, 16, 3), np.uint8) + np.array([1, 2, 3], np.uint8)
    dotted = block.copy()
    dotted[5, 5, 1] = 3

    assert measure(block).constant
    assert not measure(dotted).constant


def test_digests_tell_blocks_apart():
    block = np.zeros((16, 16, 3), np.uint8)
    other = block.copy()
    other[-1, -1, -1] = 1

    assert measure(block).digest == measure(block.copy()).digest
    assert measure(block).digest != measure(other).digest


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"denoised \(16, 16, 3\), noisy \(16, 17, 3"):
        measure(np.zeros((16, 16, 3)), np.zeros((16, 17, 3)))
