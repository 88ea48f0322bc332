import numpy as np
import pytest

from cbsn_pipeline.imaging.checkerboard import checkerboards

STRIDES = (2, 5)
SIZES = [(16, 16), (17, 33), (31, 47), (64, 50)]


def flat(value=100, *, count=1, height=32, width=32):
    return np.full((count, height, width, 3), value, np.uint8)


def shifted(blocks, by):
    return np.clip(np.rint(blocks + np.asarray(by)), 0, 255).astype(np.uint8)


def rows_of(pattern, *, height=32, width=32):
    """Blocks whose rows repeat the pattern."""
    values = np.resize(pattern, height)
    return np.broadcast_to(values[:, None, None], (height, width, 3))[None]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_pattern_is_measured_in_quarters_of_a_grey_level_squared(height, width):
    noisy = flat(height=height, width=width)
    rows = rows_of([2, -2], height=height, width=width)
    columns = rows_of([2, -2], height=width, width=height).swapaxes(1, 2)

    for pattern in (rows, columns, rows * columns / 2):
        values = checkerboards(noisy, shifted(noisy, pattern), strides=STRIDES)
        assert values["checkerboard_2"] == pytest.approx(16, rel=1e-4)  # 2**2 / .25
        assert values["checkerboard_5"] < 2


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_steps_between_pixels_show_a_pattern_too(height, width):
    noisy = flat(height=height, width=width)
    pattern = rows_of([4, -1, -1, -1, -1], height=height, width=width)

    values = checkerboards(noisy, shifted(noisy, pattern), strides=STRIDES)

    # steps of 5 0 0 0 5: variance 6, more than the 4 of the pattern itself
    assert values["checkerboard_5"] == pytest.approx(24, rel=1e-4)


def test_repeated_pixels_show_in_the_steps_alone():
    noisy = flat()
    denoised = shifted(noisy, rows_of([0, 0, 2, 2]))

    values = checkerboards(noisy, denoised, strides=(2,))

    assert values["checkerboard_2"] == pytest.approx(4)  # steps 0 2 0 2: 1 / .25


def test_energy_at_all_frequencies_is_no_pattern():
    denoised = flat()
    denoised[:, 5] += 64  # one row: (64 / 32)**2 at every frequency, the line's too

    values = checkerboards(flat(), denoised, strides=(2,))

    assert values["checkerboard_2"] == pytest.approx(4 / (4 + 0.25))


def test_a_pattern_of_the_input_is_not_held_against_the_output():
    noisy = shifted(flat(), rows_of([4, -4]))
    weaker = shifted(flat(), rows_of([2, -2]))

    assert checkerboards(noisy, weaker, strides=(2,))["checkerboard_2"] == 0
    assert checkerboards(weaker, noisy, strides=(2,))["checkerboard_2"] == (
        pytest.approx((16 - 4) / 0.25)
    )


def test_a_stride_of_1_or_without_two_periods_leaves_nothing_to_find():
    noisy = flat(height=16, width=16)
    denoised = shifted(noisy, rows_of([2, -2], height=16, width=16))

    values = checkerboards(noisy, denoised, strides=(1, 9))

    assert "checkerboard_1" not in values
    assert values["checkerboard_9"] == 0


@pytest.mark.parametrize("slope", [0.2, 0.25, 0.4, 0.5, 0.6, 1.5])
def test_rounding_a_ramp_is_no_checkerboard(slope):
    ramp = np.rint(slope * np.arange(100)).astype(np.uint8)
    clean = np.broadcast_to(ramp[:, None, None], (1, 100, 64, 3))
    noise = np.random.default_rng(0).normal(0, 10, clean.shape)

    values = checkerboards(shifted(clean, noise), clean.copy(), strides=STRIDES)

    assert max(values["checkerboard_2"], values["checkerboard_5"]) <= 1.001
