import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from cbsn_pipeline.imaging.noise_diagnosis import (
    MAX_LAG,
    diagnose_noise,
    independent_from,
)

SHAPE = (517, 643, 3)  # odd, and no multiple of the cells


def scene(noise, *, low=40, high=200):
    """A ramp with a busy corner, and noise on it."""
    clean = np.linspace(low, high, SHAPE[1])[None, :, None] + np.zeros(SHAPE)
    clean[:200, :200] += np.random.default_rng(9).uniform(-60, 60, (200, 200, 1))
    return np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)


def white(sigma, seed=0):
    return np.random.default_rng(seed).normal(0, sigma, SHAPE)


@pytest.mark.parametrize("sigma", [2.0, 8.0, 20.0])
def test_the_level_of_white_noise_is_measured_and_it_is_independent(sigma):
    found = diagnose_noise(scene(white(sigma)))

    assert found.level == pytest.approx(sigma, rel=0.1)
    assert np.abs(found.correlation).max() < 0.05
    assert found.stride == 1


@pytest.mark.parametrize("width", [2, 3, 5])
def test_the_correlation_of_smoothed_noise_is_that_of_the_kernel(width):
    smoothed = cv2.blur(white(60.0), (width, 1))  # along rows alone

    found = diagnose_noise(scene(smoothed))

    lags = np.arange(1, MAX_LAG + 1)
    expected = np.clip(1 - lags / width, 0, None)  # of a box of this width
    assert np.abs(found.correlation[0] - expected).max() < 0.06
    assert np.abs(found.correlation[1]).max() < 0.06
    assert found.stride == width


def test_noise_that_grows_with_brightness_is_seen_to_grow():
    ramp = np.linspace(16, 239, SHAPE[1])[None, :, None]

    found = diagnose_noise(scene(white(1.0) * np.sqrt(ramp), low=16, high=239))

    for level in found.levels:
        seen = np.isfinite(level)
        expected = np.sqrt(found.brightness[seen])
        assert level[seen] == pytest.approx(expected, rel=0.25)


def test_sixteen_bits_are_measured_in_the_same_unit():
    eight = scene(white(8.0))

    deep = diagnose_noise(eight.astype(np.uint16) * 257)

    assert deep.level == pytest.approx(diagnose_noise(eight).level, rel=1e-4)


def test_clipping_and_the_blocks_of_jpeg_are_seen():
    image = scene(white(8.0))
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=20)
    dark = image.copy()
    dark[:, :100] = 0

    assert diagnose_noise(image).blocking == pytest.approx(1, abs=0.03)
    assert diagnose_noise(np.asarray(Image.open(file))).blocking > 1.1
    assert diagnose_noise(dark).clipped[0] == pytest.approx(100 / SHAPE[1], abs=0.01)


def test_a_photograph_without_noise_has_none():
    found = diagnose_noise(np.full((300, 300, 3), 100, np.uint8))

    assert found.level == 0
    assert found.stride == 1


def test_a_photograph_without_places_to_look_at_is_an_error():
    with pytest.raises(ValueError, match="0 places of 32 x 32 pixels are"):
        diagnose_noise(np.zeros((300, 300, 3), np.uint8))
    with pytest.raises(ValueError, match="1 places of 32 x 32"):
        diagnose_noise(np.full((40, 40, 3), 100, np.uint8))


def test_the_facts_are_json():
    facts = diagnose_noise(scene(white(8.0), low=90, high=150)).facts()

    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["levels"][0][0] is None  # nothing is that dark
    assert facts["stride"] == 1


@pytest.mark.parametrize(
    ("values", "lag"),
    [([0.0, 0.0, 0.0], 1), ([0.5, 0.05, 0.0], 2), ([0.5, 0.0, -0.2], None)],
)
def test_independence_counts_from_the_last_lag_that_is_alike(values, lag):
    assert independent_from(np.array([values, [0.0] * 3])) == lag
