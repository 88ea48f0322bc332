"""What the sample holds: names, sizes, noise, and the same numbers every time."""

import numpy as np
import pytest

from cbsn_pipeline.benchmarks.dnd.boxes import check_boxes
from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks
from cbsn_pipeline.benchmarks.sidd.names import parse_scene_instance
from cbsn_pipeline.imaging.baselines import gaussian_blur
from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.imaging.noise_correlation import noise_autocorrelation
from cbsn_pipeline.pipelines.sample import simulation
from cbsn_pipeline.pipelines.sample.options import Grid, Shot


@pytest.fixture(scope="module")
def validation(options):
    noisy, clean = simulation.simulate_validation(options)
    return noisy.reshape(-1, 256, 256, 3), clean.reshape(-1, 256, 256, 3)


def test_scene_instances_are_named_after_their_iso():
    name = simulation.scene_instance(Shot(photo="rocket", camera="S6", iso=400), 7)

    parsed = parse_scene_instance(name)
    assert (parsed.instance, parsed.scene) == (7, 3)
    assert (parsed.camera, parsed.iso) == ("S6", 400)


def test_blocks_lie_around_the_centre_at_even_positions():
    origins = simulation.block_origins(
        11, 18, grid=Grid(rows=1, columns=2), size=6, what="x"
    )

    assert origins == [(2, 2), (2, 8)]  # 5 and 6 pixels to spare


def test_blocks_never_overlap_and_never_leave_the_picture():
    covered = np.zeros((517, 759), dtype=int)

    for row, column in simulation.block_origins(
        517, 759, grid=Grid(rows=2, columns=2), size=256, what="x"
    ):
        covered[row : row + 256, column : column + 256] += 1

    assert covered.max() == 1
    assert covered.sum() == 4 * 256**2


def test_blocks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="coffee is 400 x 600 pixels; 2 x 2 blocks"):
        simulation.block_origins(
            400, 600, grid=Grid(rows=2, columns=2), size=256, what="coffee"
        )


def test_frames_of_a_scene_differ_in_noise_alone(small):
    first, second = simulation.simulate_training(small)

    assert (first.frame, second.frame) == ("010", "011")
    assert first.scene_instance == second.scene_instance
    assert np.array_equal(first.clean, second.clean)
    assert not np.array_equal(first.noisy, second.noisy)


def test_same_seed_same_sample_and_another_seed_another(small):
    first, again = (simulation.simulate_benchmark(small) for _ in range(2))
    other = simulation.simulate_benchmark(small.model_copy(update={"seed": 1}))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_validation_and_benchmark_do_not_share_their_noise(small):
    noisy, _ = simulation.simulate_validation(small)

    assert not np.array_equal(noisy, simulation.simulate_benchmark(small))


def test_validation_is_as_noisy_as_sidd_and_spans_its_levels(options, validation):
    noisy, clean = validation
    check_blocks(
        noisy.reshape(4, 4, 256, 256, 3), source="x", num_images=4, num_blocks=4
    )

    levels = [psnr(n, c) for n, c in zip(noisy, clean, strict=True)]

    assert np.mean(levels) == pytest.approx(23.1, abs=0.3)  # SIDD: 23.7
    assert min(levels) < 21
    assert max(levels) > 28  # chelsea, ISO 800


def test_validation_noise_is_correlated_as_sidds(validation):
    noise = validation[0].astype(float) - validation[1]

    correlation = np.mean([noise_autocorrelation(n) for n in noise], axis=0)

    sidd = [0.466, 0.079, 0.020, 0.020, 0.004]  # 640 real blocks, docs/data.md
    assert correlation == pytest.approx(np.array([sidd, sidd]), abs=0.05)


def test_a_blur_gains_as_much_as_on_sidd(validation):
    noisy, clean = validation
    pairs = list(zip(noisy, clean, strict=True))

    before = np.mean([psnr(n, c) for n, c in pairs])
    after = np.mean([psnr(gaussian_blur(n, 2.0), c) for n, c in pairs])

    assert after - before == pytest.approx(8.5, abs=1.5)  # SIDD: 23.67 to 32.18 dB


def test_dnd_image_says_how_noisy_it_is(small):
    (image,) = simulation.simulate_dnd(small)

    check_boxes(
        image.boxes,
        where="x",
        num_boxes=2,
        crop_size=64,
        image_shape=image.noisy.shape,
    )
    assert image.noisy.dtype == np.float32
    assert len(np.unique(image.noisy)) > 256  # not quantised
    assert image.camera["type"] == "simulated GP"
    assert image.sigma_raw.shape == (2, 2, 2)
    assert (image.sigma_raw > np.sqrt(image.noise_level[1])).all()
    assert 0.01 < image.sigma_srgb.min() < image.sigma_srgb.max() < 0.3
