"""The simulated camera: colours, mosaic, the law of its noise, and refused input."""

import numpy as np
import pytest

from cbsn_pipeline.imaging import camera_noise
from cbsn_pipeline.imaging.camera_noise import (
    CAMERAS,
    noise_level,
    photograph,
    sensor_values,
    to_linear,
    to_srgb,
)
from cbsn_pipeline.imaging.noise_correlation import noise_autocorrelation

CAMERA = CAMERAS["GP"]


def take(scene, *, iso=1600, brightness=0.5, seed=0):
    rng = np.random.default_rng(seed)
    return photograph(scene, CAMERA, iso=iso, brightness=brightness, rng=rng)


def grey(value, height=64, width=66):
    return np.full((height, width, 3), value, dtype=np.float32)


def test_transfer_curve_by_hand_and_its_inverse():
    srgb = np.float32([0.04045, 0.5])
    assert to_linear(srgb) == pytest.approx([0.0031308, 0.21404], abs=1e-5)
    ramp = np.linspace(0, 1, 101, dtype=np.float32)
    assert to_srgb(to_linear(ramp)) == pytest.approx(ramp, abs=1e-5)


def test_transfer_curve_clips():
    assert to_srgb(np.float32([-0.5, 1.5])) == pytest.approx([0, 1])


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_white_stays_white(camera):
    assert np.sum(camera.colour_matrix, axis=1) == pytest.approx(1)
    assert min(camera.white_balance) == 1


def test_without_noise_a_plain_colour_comes_back_dimmed_and_with_flare():
    colour = np.float32([0.7, 0.5, 0.4])
    scene = np.broadcast_to(colour, (16, 15, 3)).copy()

    clean = take(scene, brightness=0.5).clean

    flare = camera_noise.FLARE
    expected = to_srgb((flare + (1 - flare) * to_linear(colour)) * np.float32(0.5))
    assert clean == pytest.approx(np.broadcast_to(expected, scene.shape), abs=1e-3)


def test_sensor_values_see_white_at_one_over_the_gain():
    values = sensor_values(grey(1.0), CAMERA, brightness=1.0)

    red, _, blue = CAMERA.white_balance
    assert values[0, 0] == pytest.approx(1 / red)
    assert values[0, 1] == values[1, 0] == pytest.approx(1)
    assert values[1, 1] == pytest.approx(1 / blue)


def test_raw_noise_follows_its_law():
    mosaic = np.full((400, 400), 0.25, dtype=np.float32)
    a, b = noise_level(CAMERA, iso=1600)

    noisy = camera_noise._add_noise(
        mosaic, CAMERA, iso=1600, rng=np.random.default_rng(0)
    )

    assert noisy.mean() == pytest.approx(0.25, rel=2e-3)
    assert noisy.var() == pytest.approx(0.25 * a + b, rel=0.02)


def test_noise_level_by_hand():
    assert noise_level(CAMERA, iso=200) == pytest.approx((6e-4, 1e-6))


def test_brighter_raw_values_and_higher_iso_are_noisier():
    def spread(value, iso):
        mosaic = np.full((100, 100), value, dtype=np.float32)
        rng = np.random.default_rng(0)
        return camera_noise._add_noise(mosaic, CAMERA, iso=iso, rng=rng).std()

    assert spread(0.1, 800) < spread(0.5, 800) < spread(0.5, 3200)


def test_noise_is_correlated_like_a_phones():
    taken = take(grey(0.6, 256, 256), iso=1600)

    correlation = noise_autocorrelation(taken.noisy - taken.clean, 5)

    # SIDD: .47, .08, .02, .02, .00 in both directions (docs/data.md).
    assert (correlation[:, 0] > 0.3).all()
    assert (correlation[:, 0] < 0.6).all()
    assert (np.abs(correlation[:, 2:]) < 0.06).all()


def test_same_seed_same_picture_and_another_seed_another():
    scene = np.random.default_rng(3).random((31, 45, 3))

    first, again, other = take(scene), take(scene), take(scene, seed=1)

    assert np.array_equal(first.noisy, again.noisy)
    assert np.array_equal(first.clean, other.clean)
    assert not np.array_equal(first.noisy, other.noisy)


def test_photograph_has_the_shape_type_and_range_that_it_says():
    taken = take(np.full((5, 9, 3), 200, dtype=np.uint8), iso=6400)

    for image in (taken.noisy, taken.clean):
        assert image.shape == (5, 9, 3)
        assert image.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4), (2, 8, 8, 3)])
def test_refuses_what_is_no_colour_picture(shape):
    with pytest.raises(ValueError, match=r"expected \(height, width, 3\)"):
        take(np.zeros(shape))


def test_refuses_a_picture_of_one_cell():
    with pytest.raises(ValueError, match="3 x 8 pixels; expected at least 4 x 4"):
        take(np.zeros((3, 8, 3)))


@pytest.mark.parametrize("iso", [0, -100])
def test_refuses_an_iso_that_is_not_positive(iso):
    with pytest.raises(ValueError, match=f"iso is {iso}; expected more than 0"):
        take(np.zeros((8, 8, 3)), iso=iso)


@pytest.mark.parametrize("brightness", [0, 1.1])
def test_refuses_a_brightness_outside_its_range(brightness):
    with pytest.raises(ValueError, match=rf"brightness is {brightness}; .* \(0, 1\]"):
        take(np.zeros((8, 8, 3)), brightness=brightness)
