r"""What published codes call PSNR: five numbers beside ours, for comparison only.

Every one of them is :math:`10 \log_{10} (255^2 / \mathrm{mean}(x - y)^2)`; they differ
in how the output :math:`x` of a network, floating point in [0, 1] and a little beyond,
becomes levels from 0 to 255, or in what the mean is over. No pipeline scores with
them: ``imaging.metrics.psnr`` rounds to the nearest level and clips. docs/metrics.md
has the measured differences.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.metrics import check_pair, decibels
from cbsn_pipeline.imaging.similarity import squared_error

Image = NDArray[np.uint8]
Unit = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]


def psnr_wrapped(denoised: Unit, clean: Image) -> float:
    """Round, then cast to uint8 without clipping: what is above 255 becomes black.

    Args:
        denoised: (H, W, 3), floating point in [0, 1], not clipped.
        clean: Same shape, uint8.

    Returns:
        Decibels; infinity for identical images.

    Raises:
        ValueError: Shapes or types are others.

    Source:
        ``batch_PSNR_255`` in utils.py of jyicu/CBSN at 37da7aa.
    """
    levels = np.rint(_levels(denoised, clean))
    return _psnr(np.mod(levels, 256), clean)  # -1 becomes 255, 256 becomes 0


def psnr_truncated(denoised: Unit, clean: Image) -> float:
    """Clip, then cut the fraction off: every pixel is half a level too dark.

    Args:
        denoised: (H, W, 3), floating point in [0, 1], not clipped.
        clean: Same shape, uint8.

    Returns:
        Decibels; infinity for identical images.

    Raises:
        ValueError: Shapes or types are others.

    Source:
        The images that infer.py of jyicu/CBSN at 37da7aa writes.
    """
    return _psnr(np.floor(np.clip(_levels(denoised, clean), 0.0, 255.0)), clean)


def psnr_not_rounded(denoised: Unit, clean: Image) -> float:
    """Clip and do not round: levels that no 8-bit file can hold.

    Args:
        denoised: (H, W, 3), floating point in [0, 1], not clipped.
        clean: Same shape, uint8.

    Returns:
        Decibels; infinity for identical images.

    Raises:
        ValueError: Shapes or types are others.

    Source:
        The convention of the AP-BSN family, Restormer, MPRNet, MIRNet and NAFNet.
    """
    return _psnr(np.clip(_levels(denoised, clean), 0.0, 255.0), clean)


def psnr_not_clipped(denoised: Unit, clean: Image) -> float:
    """Score the output as it is: overshoot beyond black and white counts as error.

    Args:
        denoised: (H, W, 3), floating point in [0, 1], not clipped.
        clean: Same shape, uint8.

    Returns:
        Decibels, never above those of :func:`psnr_not_rounded`; infinity for identical
        images.

    Raises:
        ValueError: Shapes or types are others.
    """
    return _psnr(_levels(denoised, clean), clean)


def psnr_pooled(pairs: Iterable[tuple[Image, Image]]) -> float:
    """Pool the squared error of all images, then take decibels once.

    Args:
        pairs: Denoised and clean, (H, W, 3) uint8 each, rounded and clipped.

    Returns:
        Decibels of the set; for images of one size never above the mean of their dB.

    Raises:
        ValueError: There is no pair, or see :func:`~.metrics.psnr`.
    """
    error, size = 0, 0
    for denoised, clean in pairs:
        check_pair(denoised, clean)
        error += squared_error(denoised, clean)
        size += clean.size
    if not size:
        raise ValueError("There is no pair to pool; expected at least one.")
    return decibels(error / size)


PUBLISHED_PSNR: dict[str, Callable[[Unit, Image], float]] = {
    "psnr_wrapped": psnr_wrapped,
    "psnr_truncated": psnr_truncated,
    "psnr_not_rounded": psnr_not_rounded,
    "psnr_not_clipped": psnr_not_clipped,
}


def _levels(denoised: Unit, clean: Image) -> Floats:
    """Bring a network's output to levels, neither rounded nor clipped."""
    if denoised.shape != clean.shape:
        raise ValueError(
            f"Cannot compare images of different shapes: denoised {denoised.shape}, "
            f"clean {clean.shape}."
        )
    if not np.issubdtype(denoised.dtype, np.floating) or clean.dtype != np.uint8:
        raise ValueError(
            f"Expected a floating point output in [0, 1] and a uint8 clean image, got "
            f"{denoised.dtype} and {clean.dtype}: only before it is rounded do these "
            "conventions differ."
        )
    # In its own precision, as those codes do: 3 / 255 comes back as 3, not as 2.9999.
    levels = denoised * denoised.dtype.type(255)
    return np.asarray(levels, dtype=np.float64)


def _psnr(levels: Floats, clean: Image) -> float:
    return decibels(float(np.mean((levels - clean) ** 2)))
