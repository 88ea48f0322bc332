"""What a denoiser has to beat: non-local means and Gaussian blurs.

A blur at its best sigma is a strong row on SIDD, whose scenes are smooth. That
sigma is chosen on the clean images that are scored, so it is an oracle and every
table labels it so.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.quantise import to_uint8

Image = NDArray[np.uint8]

_STRENGTH = 20  # h and hColor: the usual setting in SIDD comparisons
_TEMPLATE_PX = 7
_SEARCH_PX = 21
_TRUNCATE = 4.0  # sigmas; the window of scipy.ndimage.gaussian_filter


def non_local_means(noisy: Image) -> Image:
    """Denoise with OpenCV's non-local means, h = 20, 7x7 templates, 21x21 search.

    Args:
        noisy: (H, W, 3) uint8 RGB, 0..255.

    Returns:
        Same shape and type.

    Raises:
        ValueError: The image is not uint8 with three channels.
    """
    _check(noisy)
    # OpenCV splits luminance from colour in Lab and expects BGR for it.
    bgr = np.ascontiguousarray(noisy[..., ::-1])
    denoised = cv2.fastNlMeansDenoisingColored(
        bgr, None, _STRENGTH, _STRENGTH, _TEMPLATE_PX, _SEARCH_PX
    )
    return np.ascontiguousarray(np.asarray(denoised, dtype=np.uint8)[..., ::-1])


def gaussian_blur(noisy: Image, sigma: float) -> Image:
    """Blur every channel with a Gaussian, mirrored at the edges.

    Args:
        noisy: (H, W, 3) uint8, 0..255.
        sigma: Standard deviation in pixels, above 0.

    Returns:
        Same shape and type, rounded once, after the blur.

    Raises:
        ValueError: The image is not uint8 with three channels, or sigma is not
            above 0.
    """
    _check(noisy)
    if not sigma > 0:
        raise ValueError(f"The sigma of a blur must be above 0 pixels, got {sigma}.")
    size = 2 * int(_TRUNCATE * sigma + 0.5) + 1
    # In float: OpenCV's 8-bit blur rounds its weights to 1/256.
    blurred = cv2.GaussianBlur(
        noisy.astype(np.float32) / 255.0,
        (size, size),
        sigma,
        borderType=cv2.BORDER_REFLECT,
    )
    return to_uint8(np.asarray(blurred))


def _check(noisy: NDArray[Any]) -> None:
    if noisy.dtype != np.uint8 or noisy.ndim != 3 or noisy.shape[2] != 3:  # noqa: PLR2004
        raise ValueError(
            f"Expected a uint8 image of shape (H, W, 3), got {noisy.dtype} "
            f"{noisy.shape}."
        )
