import numpy as np
import pytest

from cbsn_pipeline.imaging.noise_level import flat_noise_level, noise_level


def test_one_bright_pixel_by_hand():
    plane = np.zeros((3, 3))
    plane[1, 1] = 6.0

    # the mask's centre weighs 4: 4 * 6 / 6 * sqrt(pi / 2)
    assert noise_level(plane) == pytest.approx(4 * np.sqrt(np.pi / 2))


def test_ramps_have_no_noise():
    ramp = np.add.outer(np.arange(20.0), 3 * np.arange(30.0))

    assert noise_level(ramp) == 0
    assert flat_noise_level(ramp, white=255) == 0


@pytest.mark.parametrize("sigma", [2.0, 15.0])
def test_the_deviation_of_normal_noise_is_found(sigma):
    plane = 128 + np.random.default_rng(0).normal(0, sigma, (300, 200))

    assert noise_level(plane) == pytest.approx(sigma, rel=0.02)


def test_integers_do_not_wrap_around():
    plane = np.array([[0, 255, 0], [255, 0, 255], [0, 255, 0]], np.uint8)

    assert noise_level(plane) == pytest.approx(255 * 8 / 6 * np.sqrt(np.pi / 2))


def test_texture_counts_less_where_it_is_flat():
    plane = np.full((66, 130), 100.0)
    plane[:, 65:] += np.random.default_rng(0).normal(0, 30, (66, 65))
    plane[:, :65] += np.random.default_rng(1).normal(0, 2, (66, 65))

    assert noise_level(plane) > 10
    assert flat_noise_level(plane, white=255) == pytest.approx(2, rel=0.2)


def test_clipped_cells_tell_nothing():
    assert flat_noise_level(np.full((40, 40), 255, np.uint8), white=255) is None
    assert flat_noise_level(np.zeros((40, 40), np.float32), white=1) is None


@pytest.mark.parametrize("shape", [(2, 9), (9,), (9, 9, 3)])
def test_what_is_no_plane_is_refused(shape):
    with pytest.raises(ValueError, match="expected one channel, .height, width."):
        noise_level(np.zeros(shape))


def test_real_noisy_blocks_read_higher_than_their_clean_twins(shared):
    from cbsn_pipeline.formats.images import read_rgb

    folder = shared / "sidd_validation"
    for noisy in sorted((folder / "noisy").glob("*_00.png")):
        levels = [
            noise_level(read_rgb(file)[:, :, 1])
            for file in (noisy, folder / "gt" / noisy.name)
        ]
        assert levels[0] > 2 * levels[1], noisy.name
