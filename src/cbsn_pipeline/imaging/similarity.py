"""Local similarity of two images: the windows and sums behind every SSIM.

Images are taken in strips of rows, so that a photograph of 24 million pixels needs
hundreds of megabytes, not gigabytes; blocks of 256 x 256 are one strip.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DATA_RANGE = 255.0
UNIFORM_SIZE = 7
GAUSSIAN_SIZE = 11
GAUSSIAN_SIGMA = 1.5
_C1 = (0.01 * DATA_RANGE) ** 2
_C2 = (0.03 * DATA_RANGE) ** 2
STRIP_ROWS = 256


def squared_error(denoised: NDArray[np.uint8], clean: NDArray[np.uint8]) -> int:
    """Sum the squared differences of two uint8 images of one shape; exact."""
    total = 0
    for start in range(0, len(clean), STRIP_ROWS):
        strip = slice(start, start + STRIP_ROWS)
        difference = denoised[strip].astype(np.int32) - clean[strip]
        total += int(np.sum(difference * difference, dtype=np.int64))
    return total


def mean_inside(
    denoised: NDArray[Any],
    clean: NDArray[Any],
    smooth: Callable[[Floats], Floats],
    window: int,
    covariance_norm: float = 1.0,
) -> float:
    """Average the similarity over channels and over pixels whose window fits.

    Channels are taken one by one: their float64 planes stay in the cache, which
    is four times as fast as filtering the whole image.
    """
    margin = window // 2
    means = []
    for channel in range(denoised.shape[-1]):
        strips = _similarity_strips(
            denoised[..., channel], clean[..., channel], smooth, covariance_norm
        )
        rows = [strip[:, margin:-margin].mean(axis=1) for strip in strips]
        means.append(np.concatenate(rows)[margin:-margin].mean())
    return float(np.mean(means))


def mean_everywhere(
    denoised: NDArray[Any],
    clean: NDArray[Any],
    smooth: Callable[[Floats], Floats],
) -> float:
    """Average the similarity over all pixels and channels, those at edges too."""
    strips = _similarity_strips(denoised, clean, smooth)
    return float(np.concatenate([s.mean(axis=(1, 2)) for s in strips]).mean())


def _similarity_strips(
    x: NDArray[Any],
    y: NDArray[Any],
    smooth: Callable[[Floats], Floats],
    covariance_norm: float = 1.0,
) -> Iterator[Floats]:
    """Yield the map of local similarities, strip of rows by strip of rows.

    Each strip is read with the rows that its windows reach.
    """
    reach = GAUSSIAN_SIZE // 2  # the larger of the two windows
    for start in range(0, len(x), STRIP_ROWS):
        stop = min(start + STRIP_ROWS, len(x))
        first = max(0, start - reach)
        rows = slice(first, stop + reach)
        local = similarity(
            x[rows].astype(np.float64),
            y[rows].astype(np.float64),
            smooth,
            covariance_norm,
        )
        yield local[start - first : stop - first]


def similarity(
    x: Floats,
    y: Floats,
    smooth: Callable[[Floats], Floats],
    covariance_norm: float = 1.0,
) -> Floats:
    """Map the local similarities of ``x`` and ``y``, 0..255; both are used up.

    Everything happens in place: fresh arrays of this size would cost more than
    the filters. float32 would be faster still, but is 4e-5 off on white images.
    """
    mean_x, mean_y = smooth(x), smooth(y)
    covariance = smooth(x * y)
    x *= x
    y *= y
    x += y
    variances = smooth(x)  # linear: one pass for the sum of both
    mean_product = np.multiply(mean_x, mean_y, out=y)
    mean_x *= mean_x
    mean_y *= mean_y
    mean_squares = np.add(mean_x, mean_y, out=mean_x)
    covariance -= mean_product
    variances -= mean_squares

    local = _scale_and_shift(mean_product, 2.0, _C1)
    local *= _scale_and_shift(covariance, 2.0 * covariance_norm, _C2)
    local /= _scale_and_shift(mean_squares, 1.0, _C1)
    local /= _scale_and_shift(variances, covariance_norm, _C2)
    return local


def _scale_and_shift(values: Floats, scale: float, shift: float) -> Floats:
    values *= scale
    values += shift
    return values


def smooth_uniform(image: Floats) -> Floats:
    """Average over 7x7 pixels: (H, W) or (H, W, C) in, the same shape out."""
    import cv2  # noqa: PLC0415  # psnr must work where OpenCV is not installed

    return np.asarray(cv2.boxFilter(image, -1, (UNIFORM_SIZE, UNIFORM_SIZE)))


def smooth_gaussian(image: Floats) -> Floats:
    """Weigh 11x11 pixels, sigma 1.5, repeating the edge: the same shape out."""
    import cv2  # noqa: PLC0415

    window = _gaussian_window()
    return np.asarray(
        cv2.sepFilter2D(image, -1, window, window, borderType=cv2.BORDER_REPLICATE)
    )


def smooth_volume(image: Floats) -> Floats:
    """Weigh 11x11x11 values of (H, W, C), repeating the first and last of each axis."""
    return smooth_gaussian(image) @ _channel_weights(image.shape[-1])


def _channel_weights(num_channels: int) -> Floats:
    """The 11 taps across the channels, folded on the few there are.

    Returns:
        (C, C): column j holds the weights that make channel j.
    """
    radius = GAUSSIAN_SIZE // 2
    weights = np.zeros((num_channels, num_channels))
    for channel in range(num_channels):
        taps = np.arange(channel - radius, channel + radius + 1)
        np.add.at(
            weights[:, channel], np.clip(taps, 0, num_channels - 1), _gaussian_window()
        )
    return weights


def _gaussian_window() -> Floats:
    offsets = np.arange(GAUSSIAN_SIZE) - GAUSSIAN_SIZE // 2
    taps = np.exp(-(offsets**2) / (2.0 * GAUSSIAN_SIGMA**2))
    return np.asarray(taps / taps.sum(), dtype=np.float64)
