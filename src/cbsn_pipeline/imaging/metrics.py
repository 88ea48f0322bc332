r"""PSNR, and SSIM in the four conventions that published tables mix up.

:func:`score` gives all of them for one pair of images of any supported type, and
:func:`mean_scores` those of a set::

    scores = [score(denoised, clean) for denoised, clean in pairs]
    mean_scores(scores).means["psnr_db"]

Each convention is a function of two uint8 images of shape (H, W, 3): scores are
computed on what would be written to a file, rounded and clipped, with 255 as data
range (``quantise.as_scored`` brings other types there). A set of images is scored by
the mean of the scores of its images. docs/metrics.md says who uses which convention
and how much they differ on real blocks.

SSIM compares local means, variances and covariance of the two images:

.. math::
    \mathrm{SSIM} = \frac{(2\mu_x\mu_y + C_1)(2\sigma_{xy} + C_2)}
    {(\mu_x^2 + \mu_y^2 + C_1)(\sigma_x^2 + \sigma_y^2 + C_2)},
    \quad C_1 = (0.01 \cdot 255)^2, \; C_2 = (0.03 \cdot 255)^2

averaged over pixels and channels. The conventions differ in what "local" means.
Filters are OpenCV's, in float64: several times faster than scikit-image's
and equal to them to 1e-9, which a test checks.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.colour import chroma_ratio, ciede2000
from cbsn_pipeline.imaging.quantise import as_scored
from cbsn_pipeline.imaging.similarity import (
    DATA_RANGE,
    GAUSSIAN_SIZE,
    UNIFORM_SIZE,
    Floats,
    mean_everywhere,
    mean_inside,
    smooth_gaussian,
    smooth_uniform,
    smooth_volume,
    squared_error,
)

Image = NDArray[np.uint8]

# BT.601 luma as MATLAB's rgb2ycbcr has it: 16 (black) to 235 (white), not rounded.
_LUMA_WEIGHTS = np.array([65.481, 128.553, 24.966]) / 255.0
_LUMA_BLACK = 16.0


def psnr(denoised: Image, clean: Image) -> float:
    r"""Peak signal-to-noise ratio of one image.

    .. math:: 10 \log_{10} (255^2 / \mathrm{mean}(x - y)^2)

    The mean is over all pixels and channels together.

    Args:
        denoised: (H, W, 3) uint8, 0..255.
        clean: Same shape and type.

    Returns:
        Decibels; infinity for identical images.

    Raises:
        ValueError: Shapes differ, or an image is not uint8 with three channels.
    """
    check_pair(denoised, clean)
    return decibels(squared_error(denoised, clean) / denoised.size)


def decibels(mean_squared_error: float) -> float:
    """PSNR in dB of a mean squared error of 0..255 levels; infinity for none.

    >>> round(decibels(255.0**2 / 1000), 9)
    30.0
    """
    if mean_squared_error == 0.0:
        return float("inf")
    return float(10.0 * np.log10(DATA_RANGE**2 / mean_squared_error))


def ssim_uniform(denoised: Image, clean: Image) -> float:
    """SSIM with a flat 7x7 window per channel: scikit-image's default, AP-BSN's.

    Variances are sample ones (n - 1). Pixels whose window leaves the image do not
    count.

    Args:
        denoised: (H, W, 3) uint8, 0..255, at least 7x7.
        clean: Same shape and type.

    Returns:
        At most 1, reached by identical images.

    Raises:
        ValueError: Shapes differ, an image is not uint8 with three channels, or
            it is smaller than the window.

    Source:
        ``skimage.metrics.structural_similarity(channel_axis=2)``, version 0.26.
    """
    check_pair(denoised, clean, window=UNIFORM_SIZE)
    num_pixels = UNIFORM_SIZE**2
    return mean_inside(
        denoised,
        clean,
        smooth_uniform,
        UNIFORM_SIZE,
        covariance_norm=num_pixels / (num_pixels - 1),
    )


def ssim_gaussian(denoised: Image, clean: Image) -> float:
    """SSIM of Wang et al. per channel: what SDAP, DANet and TBSN report.

    Gaussian window of 11x11 pixels, sigma 1.5, no sample covariance; pixels whose
    window leaves the image do not count.

    Args:
        denoised: (H, W, 3) uint8, 0..255, at least 11x11.
        clean: Same shape and type.

    Returns:
        At most 1, reached by identical images.

    Raises:
        ValueError: Shapes differ, an image is not uint8 with three channels, or
            it is smaller than the window.

    Source:
        Wang et al., IEEE TIP 13 (2004), 600-612; section III.C.
    """
    check_pair(denoised, clean, window=GAUSSIAN_SIZE)
    return mean_inside(denoised, clean, smooth_gaussian, GAUSSIAN_SIZE)


def ssim_luma(denoised: Image, clean: Image) -> float:
    """SSIM of Wang et al. on the luma alone: the scale of SASL, AT-BSN and TM-BSN.

    Luma is BT.601 in studio range, Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255
    (MATLAB's ``rgb2ycbcr``, 16..235), not rounded, and the data range stays 255 as in
    those codes. Published SIDD figures of .93 to .95 are on this scale.

    Args:
        denoised: (H, W, 3) uint8 RGB, 0..255, at least 11x11.
        clean: Same shape and type.

    Returns:
        At most 1, reached by identical images.

    Raises:
        ValueError: Shapes differ, an image is not uint8 with three channels, or
            it is smaller than the window.

    Source:
        The convention is that of ``calculate_ssim(test_y_channel=True)`` in
        hnmizuho/AT-BSN at 9a72cb1.
    """
    check_pair(denoised, clean, window=GAUSSIAN_SIZE)
    return mean_inside(_luma(denoised), _luma(clean), smooth_gaussian, GAUSSIAN_SIZE)


def ssim_volume(denoised: Image, clean: Image) -> float:
    """SSIM of the H x W x 3 array as a volume: MATLAB's ``ssim`` of a colour image.

    The Gaussian window is 11x11x11, sigma 1.5, and runs across the channels too;
    beyond the edges, and beyond red and blue, the last value is repeated. All
    pixels count. Restormer, MPRNet and NAFNet report this form, which reads about
    .05 above the per-channel one.

    Args:
        denoised: (H, W, 3) uint8, 0..255, any size.
        clean: Same shape and type.

    Returns:
        At most 1, reached by identical images.

    Raises:
        ValueError: Shapes differ, or an image is not uint8 with three channels.
    """
    check_pair(denoised, clean)
    return mean_everywhere(denoised, clean, smooth_volume)


SSIM_CONVENTIONS: dict[str, Callable[[Image, Image], float]] = {
    "ssim_uniform": ssim_uniform,
    "ssim_gaussian": ssim_gaussian,
    "ssim_luma": ssim_luma,
    "ssim_volume": ssim_volume,
}

COLOUR_MEASURES: dict[str, Callable[[Image, Image], float]] = {
    "ciede2000": ciede2000,
    "chroma_ratio": chroma_ratio,
}

CONVENTIONS_IN_WORDS = {
    "psnr_db": "uint8 (rounded, clipped), data range 255, mean of per-block dB",
    "ssim_uniform": "uniform 7x7, sample covariance, per channel (scikit-image)",
    "ssim_gaussian": "Gaussian 11x11 sigma 1.5, no sample covariance, per channel",
    "ssim_luma": "Gaussian 11x11 sigma 1.5 on BT.601 luma 16..235, data range 255",
    "ssim_volume": "3-D Gaussian 11x11x11 sigma 1.5, replicate padding (MATLAB ssim)",
}

SCORES_IN_WORDS = {
    **CONVENTIONS_IN_WORDS,
    "ciede2000": "mean CIEDE2000 (scikit-image), sRGB to Lab with D65; less is better",
    "chroma_ratio": "95th percentile of Lab chroma over that of clean; 1 is right",
}
"""What :func:`score` gives."""


def score(denoised: NDArray[Any], clean: NDArray[Any]) -> dict[str, float]:
    """Score one image in every convention.

    Ranges are those of the types, never guessed: uint8 0..255, uint16 0..65535,
    floating point [0, 1]. The two types may differ; both are brought to 8 bits.

    Args:
        denoised: (H, W, 3) RGB, at least 11x11.
        clean: Same shape.

    Returns:
        ``psnr_db`` (infinity for identical images), the SSIMs and the measures of
        colour, by the names in :data:`SCORES_IN_WORDS`.

    Raises:
        ValueError: Shapes differ, an image has not three channels or is too small, or
            see :func:`~cbsn_pipeline.imaging.quantise.as_scored`.
    """
    pair = as_scored(denoised), as_scored(clean)
    others = {**SSIM_CONVENTIONS, **COLOUR_MEASURES}
    return {"psnr_db": psnr(*pair), **{name: of(*pair) for name, of in others.items()}}


@dataclass(frozen=True)
class MeanScores:
    """Scores of a set of images.

    Attributes:
        means: By the name of the score, the mean over images. Identical images have an
            infinite PSNR: they are left out of ``psnr_db``, which is infinite only if
            there is no other image. Their SSIM of 1 counts.
        num_images: Of the set.
        num_identical: How many of them were left out of ``psnr_db``.
    """

    means: dict[str, float]
    num_images: int
    num_identical: int


def mean_scores(scores: Iterable[Mapping[str, float]]) -> MeanScores:
    """Average the scores of images: the mean of decibels, not dB of the pooled error.

    Args:
        scores: One :func:`score` per image.

    Raises:
        ValueError: There is no image, or not every one has the same scores.
    """
    rows = list(scores)
    if not rows:
        raise ValueError("There is no image to average over; expected at least one.")
    names = list(rows[0])
    strange = [row for row in rows if set(row) != set(names)]
    if strange:
        raise ValueError(
            f"Every image needs the same scores; one has {', '.join(names)}, another "
            f"{', '.join(strange[0])}."
        )
    columns = {name: np.array([row[name] for row in rows]) for name in names}
    finite = {name: column[np.isfinite(column)] for name, column in columns.items()}
    return MeanScores(
        means={
            name: float((finite[name] if len(finite[name]) else column).mean())
            for name, column in columns.items()
        },
        num_images=len(rows),
        num_identical=max(len(rows) - len(column) for column in finite.values()),
    )


def _luma(image: Image) -> Floats:
    """Bring (H, W, 3) RGB, 0..255, to luma (H, W, 1), 16..235."""
    luma = image @ _LUMA_WEIGHTS + _LUMA_BLACK
    return np.asarray(luma, dtype=np.float64)[..., np.newaxis]


def check_pair(denoised: NDArray[Any], clean: NDArray[Any], window: int = 1) -> None:
    """Raise unless both are uint8 (H, W, 3) of one shape, at least ``window`` wide."""
    if denoised.shape != clean.shape:
        raise ValueError(
            f"Cannot compare images of different shapes: denoised {denoised.shape}, "
            f"clean {clean.shape}."
        )
    if denoised.dtype != np.uint8 or clean.dtype != np.uint8:
        raise ValueError(
            f"Expected uint8 images, got {denoised.dtype} and {clean.dtype}: scores "
            "are of rounded, clipped pixels. imaging.quantise.to_uint8 makes them."
        )
    if denoised.ndim != 3 or denoised.shape[2] != 3:  # noqa: PLR2004
        raise ValueError(f"Expected images of shape (H, W, 3), got {denoised.shape}.")
    if min(denoised.shape[:2]) < window:
        raise ValueError(
            f"This SSIM needs at least {window}x{window} pixels, got "
            f"{denoised.shape[0]}x{denoised.shape[1]}."
        )
