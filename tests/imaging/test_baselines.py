import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cbsn_pipeline.imaging.baselines import gaussian_blur, non_local_means


def noisy_picture(height=40, width=33):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("sigma", [0.5, 2.0, 4.0])
def test_gaussian_blur_agrees_with_scipy_to_one_level(sigma):
    noisy = noisy_picture()

    expected = np.rint(gaussian_filter(noisy.astype(float), (sigma, sigma, 0)))

    blurred = gaussian_blur(noisy, sigma)
    assert blurred.dtype == np.uint8
    assert np.abs(blurred - expected).max() <= 1
    assert np.mean(blurred != expected) < 0.01  # ties of the rounding only


def test_gaussian_blur_keeps_a_flat_image():
    flat = np.full((9, 11, 3), 77, dtype=np.uint8)

    np.testing.assert_array_equal(gaussian_blur(flat, 6.0), flat)


def test_gaussian_blur_never_mixes_channels():
    red = np.zeros((9, 9, 3), dtype=np.uint8)
    red[4, 4, 0] = 255

    blurred = gaussian_blur(red, 1.0)

    assert blurred[..., 0].any()
    assert not blurred[..., 1:].any()


def test_non_local_means_is_opencvs_in_bgr_order():
    noisy = noisy_picture()
    bgr = cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR)

    expected = cv2.cvtColor(
        cv2.fastNlMeansDenoisingColored(bgr, None, 20, 20, 7, 21), cv2.COLOR_BGR2RGB
    )

    np.testing.assert_array_equal(non_local_means(noisy), expected)


def test_non_local_means_removes_noise():
    rng = np.random.default_rng(1)
    clean = np.full((48, 48, 3), 120.0)
    noisy = np.rint(clean + rng.normal(0, 10, clean.shape)).astype(np.uint8)

    denoised = non_local_means(noisy)

    assert np.abs(denoised - clean).mean() < 0.5 * np.abs(noisy - clean).mean()


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan")])
def test_a_sigma_that_is_not_positive_is_refused(sigma):
    with pytest.raises(ValueError, match="sigma of a blur must be above 0 pixels"):
        gaussian_blur(noisy_picture(), sigma)


@pytest.mark.parametrize("baseline", [non_local_means, lambda x: gaussian_blur(x, 2)])
@pytest.mark.parametrize(
    "image", [np.zeros((8, 8)), np.zeros((8, 8, 3)), np.zeros((8, 8), dtype=np.uint8)]
)
def test_other_images_are_refused(baseline, image):
    with pytest.raises(ValueError, match=r"uint8 image of shape \(H, W, 3\), got"):
        baseline(image)
