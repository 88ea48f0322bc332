from itertools import product

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from cbsn_pipeline.imaging.metrics import (
    COLOUR_MEASURES,
    SCORES_IN_WORDS,
    SSIM_CONVENTIONS,
    mean_scores,
    psnr,
    score,
    ssim_gaussian,
    ssim_luma,
    ssim_uniform,
    ssim_volume,
)

GAUSSIAN = {
    "gaussian_weights": True,
    "sigma": 1.5,
    "use_sample_covariance": False,
    "data_range": 255,
}
EVERY_SCORE = [psnr, *SSIM_CONVENTIONS.values()]


def picture_pair(height, width, seed=0):
    """A smooth picture and the same one with noise, uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / 9 + c) + np.cos(columns / (7 + c)) for c in range(3)]
    clean = 128 + 50 * np.stack(waves, axis=-1)
    noisy = clean + rng.normal(0, 25, clean.shape)
    return tuple(np.clip(np.rint(x), 0, 255).astype(np.uint8) for x in (noisy, clean))


def test_psnr_of_a_known_error():
    clean = np.zeros((2, 2, 3), dtype=np.uint8)
    denoised = clean.copy()
    denoised[0, 0, 0] = 51  # mean squared error 51^2 / 12

    # 255^2 / (51^2 / 12) = 25 * 12 = 300
    assert psnr(denoised, clean) == pytest.approx(24.7712, abs=1e-4)


def test_psnr_does_not_wrap_around():
    black, white = (np.full((4, 4, 3), level, dtype=np.uint8) for level in (0, 255))

    assert psnr(black, white) == psnr(white, black) == pytest.approx(0.0)


def test_psnr_of_identical_images_is_infinite():
    noisy, _ = picture_pair(5, 5)

    assert psnr(noisy, noisy) == float("inf")


def test_psnr_agrees_with_scikit_image():
    noisy, clean = picture_pair(33, 47)

    expected = peak_signal_noise_ratio(clean, noisy, data_range=255)

    assert psnr(noisy, clean) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("shape", [(7, 9), (33, 47), (64, 64)])
def test_ssim_uniform_agrees_with_scikit_image(shape):
    noisy, clean = picture_pair(*shape)

    expected = structural_similarity(noisy, clean, channel_axis=2, data_range=255)

    assert ssim_uniform(noisy, clean) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("shape", [(11, 13), (33, 47), (64, 64)])
def test_ssim_gaussian_agrees_with_scikit_image(shape):
    noisy, clean = picture_pair(*shape)

    expected = structural_similarity(noisy, clean, channel_axis=2, **GAUSSIAN)

    assert ssim_gaussian(noisy, clean) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("height", [255, 257, 270, 520])
def test_images_of_several_strips_agree_with_scikit_image(height):
    """Strips end at 256 rows; the last one may be lower than a window."""
    noisy, clean = picture_pair(height, 13)
    expected = {
        "ssim_uniform": structural_similarity(
            noisy, clean, channel_axis=2, data_range=255
        ),
        "ssim_gaussian": structural_similarity(
            noisy, clean, channel_axis=2, **GAUSSIAN
        ),
        "psnr_db": peak_signal_noise_ratio(clean, noisy, data_range=255),
    }

    scores = score(noisy, clean)

    assert {name: scores[name] for name in expected} == pytest.approx(
        expected, abs=1e-9
    )


def test_the_volume_form_does_not_see_where_strips_end(monkeypatch):
    noisy, clean = picture_pair(40, 17)
    whole = ssim_volume(noisy, clean)

    monkeypatch.setattr("cbsn_pipeline.imaging.similarity.STRIP_ROWS", 6)

    assert ssim_volume(noisy, clean) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("shape", [(11, 13), (33, 47)])
def test_ssim_luma_agrees_with_scikit_image_on_bt601_luma(shape):
    noisy, clean = picture_pair(*shape)
    # R, G, B times the BT.601 weights .299, .587, .114, squeezed into 16..235
    weights = np.array([0.299, 0.587, 0.114]) * 219 / 255
    luma = [16 + image.astype(float) @ weights for image in (noisy, clean)]

    expected = structural_similarity(*luma, **GAUSSIAN)

    assert ssim_luma(noisy, clean) == pytest.approx(expected, abs=1e-6)


def slow_ssim_volume(x, y, radius=5, sigma=1.5):
    """MATLAB's ssim of a volume, voxel by voxel, with repeated edges."""
    offsets = np.arange(-radius, radius + 1)
    taps = np.exp(-(offsets**2) / (2 * sigma**2))
    window = np.einsum("i,j,k->ijk", taps, taps, taps)
    window /= window.sum()
    x, y = (np.pad(image.astype(float), radius, mode="edge") for image in (x, y))
    shape = tuple(length - 2 * radius for length in x.shape)
    values = []
    for i, j, k in product(*map(range, shape)):
        cut = tuple(slice(start, start + 2 * radius + 1) for start in (i, j, k))
        mean_x, mean_y = (window * x[cut]).sum(), (window * y[cut]).sum()
        variance_x = (window * (x[cut] - mean_x) ** 2).sum()
        variance_y = (window * (y[cut] - mean_y) ** 2).sum()
        covariance = (window * (x[cut] - mean_x) * (y[cut] - mean_y)).sum()
        luminance = (2 * mean_x * mean_y + 2.55**2) / (mean_x**2 + mean_y**2 + 2.55**2)
        contrast = (2 * covariance + 7.65**2) / (variance_x + variance_y + 7.65**2)
        values.append(luminance * contrast)
    return np.mean(values)


@pytest.mark.parametrize("shape", [(4, 5), (13, 17)])
def test_ssim_volume_agrees_with_an_independent_slow_implementation(shape):
    noisy, clean = picture_pair(*shape)

    expected = slow_ssim_volume(noisy, clean)

    assert ssim_volume(noisy, clean) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("ssim", SSIM_CONVENTIONS.values())
def test_ssim_of_identical_images_is_one(ssim):
    noisy, _ = picture_pair(20, 21)

    assert ssim(noisy, noisy) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("ssim", SSIM_CONVENTIONS.values())
def test_ssim_of_two_flat_images_has_only_the_luminance_term(ssim):
    x, y = (np.full((12, 12, 3), level, dtype=np.uint8) for level in (100, 200))
    a, b = 100.0, 200.0
    if ssim is ssim_luma:
        a, b = (16 + 219 / 255 * level for level in (a, b))

    expected = (2 * a * b + 2.55**2) / (a * a + b * b + 2.55**2)

    assert ssim(x, y) == pytest.approx(expected, abs=1e-9)


def test_the_volume_form_reads_higher_than_the_per_channel_one():
    noisy, clean = picture_pair(64, 64)

    assert ssim_volume(noisy, clean) > ssim_gaussian(noisy, clean) + 0.01


def test_every_score_has_its_convention_in_words():
    measures = {"psnr_db", *SSIM_CONVENTIONS, *COLOUR_MEASURES}

    assert set(SCORES_IN_WORDS) == measures


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_shapes_that_would_broadcast_are_refused(score):
    noisy, _ = picture_pair(16, 16)

    with pytest.raises(ValueError, match=r"denoised \(16, 16, 3\), clean \(1, 16, 3\)"):
        score(noisy, noisy[:1])


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_floats_are_refused(score):
    noisy, _ = picture_pair(16, 16)

    with pytest.raises(ValueError, match="Expected uint8 images, got float64"):
        score(noisy / 255, noisy)


@pytest.mark.parametrize("score", EVERY_SCORE)
def test_grey_images_are_refused(score):
    grey = np.zeros((16, 16), dtype=np.uint8)

    with pytest.raises(ValueError, match=r"shape \(H, W, 3\), got \(16, 16\)"):
        score(grey, grey)


@pytest.mark.parametrize(
    ("ssim", "window"), [(ssim_uniform, 7), (ssim_gaussian, 11), (ssim_luma, 11)]
)
def test_images_smaller_than_the_window_are_refused(ssim, window):
    small = np.zeros((30, window - 1, 3), dtype=np.uint8)

    with pytest.raises(ValueError, match=rf"at least {window}x{window} .* got 30x"):
        ssim(small, small)


def test_score_gives_every_convention_by_name():
    noisy, clean = picture_pair(16, 20)

    scores = score(noisy, clean)

    assert scores == {
        "psnr_db": psnr(noisy, clean),
        **{name: ssim(noisy, clean) for name, ssim in SSIM_CONVENTIONS.items()},
        **{name: of(noisy, clean) for name, of in COLOUR_MEASURES.items()},
    }
    assert list(scores) == list(SCORES_IN_WORDS)


def test_the_type_of_an_image_says_its_range():
    noisy, clean = picture_pair(16, 20)
    unit = noisy.astype(np.float32) / 255
    deep = noisy.astype(np.uint16) * 257

    assert score(unit, clean) == score(deep, clean) == score(noisy, clean)


def test_score_names_what_is_wrong_with_an_image():
    noisy, clean = picture_pair(16, 20)

    with pytest.raises(ValueError, match=r"in \[0, 1\].* got values from 0 to 254"):
        score(np.linspace(0, 254, noisy.size).reshape(noisy.shape), clean)
    with pytest.raises(ValueError, match=r"denoised \(16, 20, 3\), clean \(20, 16, 3"):
        score(noisy, clean.transpose(1, 0, 2))


def test_a_set_is_scored_by_the_mean_of_its_images():
    rows = [{"psnr_db": 20.0, "ssim_luma": 0.5}, {"psnr_db": 26.0, "ssim_luma": 0.9}]

    found = mean_scores(iter(rows))

    assert found.means == pytest.approx({"psnr_db": 23.0, "ssim_luma": 0.7})
    assert (found.num_images, found.num_identical) == (2, 0)


def test_identical_images_are_left_out_of_the_mean_psnr_and_counted():
    rows = [
        {"psnr_db": 20.0, "ssim_luma": 0.5},
        {"psnr_db": float("inf"), "ssim_luma": 1.0},
        {"psnr_db": 30.0, "ssim_luma": 0.6},
    ]

    found = mean_scores(rows)

    assert found.means == pytest.approx({"psnr_db": 25.0, "ssim_luma": 0.7})
    assert (found.num_images, found.num_identical) == (3, 1)


def test_the_mean_of_identical_images_alone_is_infinite():
    found = mean_scores([{"psnr_db": float("inf"), "ssim_luma": 1.0}])

    assert found.means == {"psnr_db": float("inf"), "ssim_luma": 1.0}
    assert found.num_identical == 1


def test_a_set_without_images_has_no_mean():
    with pytest.raises(ValueError, match="no image to average over"):
        mean_scores([])


def test_images_with_different_scores_are_not_averaged():
    with pytest.raises(ValueError, match="one has psnr_db, another ssim_luma"):
        mean_scores([{"psnr_db": 1.0}, {"ssim_luma": 1.0}])


@pytest.mark.slow
def test_scores_of_real_pixels(shared):
    """Noisy rows of the real SIDD half: 23.668 dB over all 640, SSIM .316."""
    import cv2

    folder = shared / "data" / "sidd_validation"
    names = sorted(path.name for path in (folder / "noisy").glob("*.png"))
    if not names:
        pytest.skip("no real SIDD blocks in ../shared/data/sidd_validation")
    pairs = [
        [cv2.imread(str(folder / part / name)) for part in ("noisy", "gt")]
        for name in names
    ]

    decibels = np.mean([psnr(*pair) for pair in pairs])
    similarity = np.mean([ssim_uniform(*pair) for pair in pairs[::4]])

    assert decibels == pytest.approx(23.668, abs=1e-3)
    assert similarity == pytest.approx(0.316, abs=1e-3)
