"""How far the noise of one pixel tells that of its neighbours.

A blind-spot network assumes that it tells nothing; demosaicing makes it tell a lot.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

GREY = 2  # axes of an image without channels
COLOUR = 3


def noise_autocorrelation(noise: NDArray[Any], max_lag: int = 5) -> NDArray[np.float64]:
    r"""Measure the correlation between noise values that lie ``lag`` pixels apart.

    .. math:: r_k = \sum_i (n_i - m)(n_{i+k} - m) / \sum_i w_i (n_i - m)^2

    Here :math:`n` is the noise, :math:`m` its mean (per channel) and :math:`w_i` one
    half for each of the two partners that pixel i has, so that :math:`|r_k| \le 1`.
    Channels are pooled: the noisier channel weighs more.

    Args:
        noise: Noisy minus clean, (H, W) or (H, W, C); any unit, for it cancels out.
        max_lag: The largest distance, in pixels; smaller than both sides.

    Returns:
        (2, max_lag): rows are horizontal and vertical, columns the lags 1..max_lag;
        values in [-1, 1], and 0 where the noise has no variance.

    Raises:
        ValueError: If the array is no image, holds values that are not finite, or is
            too small for ``max_lag``.
    """
    values = np.asarray(noise, dtype=np.float64)
    _check(values, max_lag)
    values = values - values.mean(axis=(0, 1), keepdims=True)
    lags = range(1, max_lag + 1)
    horizontal = [_normalised(values[:, :-lag], values[:, lag:]) for lag in lags]
    vertical = [_normalised(values[:-lag], values[lag:]) for lag in lags]
    return np.array([horizontal, vertical])


def _normalised(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    energy = (np.sum(one**2) + np.sum(other**2)) / 2
    return float(np.sum(one * other) / energy) if energy > 0 else 0.0


def _check(noise: NDArray[np.float64], max_lag: int) -> None:
    if noise.ndim not in (GREY, COLOUR):
        raise ValueError(
            f"The noise has shape {noise.shape}; expected (height, width) or (height, "
            "width, channels). For several blocks, average their correlations."
        )
    if not 1 <= max_lag < min(noise.shape[:2]):
        raise ValueError(
            f"max_lag is {max_lag} for noise of {noise.shape[0]} x {noise.shape[1]} "
            "pixels; expected at least 1 and less than both sides."
        )
    if not np.isfinite(noise).all():
        raise ValueError(
            "The noise holds NaN or infinity; expected finite differences noisy - "
            "clean. Was one of the two images damaged?"
        )
