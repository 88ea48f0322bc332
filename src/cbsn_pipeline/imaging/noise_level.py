"""How strong the noise of one image is, told from the image alone.

Good for telling a noisy image from a clean one of the same scene; fine texture counts
as noise, so it is no measurement of a camera.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CELL = 16  # pixels; flat places of this size are looked for
FLATTEST = 10.0  # per cent of the cells
DARK, BRIGHT = 8 / 255, 247 / 255  # of the range; beyond, clipping hides the noise
_NORM = np.sqrt(np.pi / 2) / 6  # of the mean absolute value of the mask's answer
_GREY = 2  # axes


def noise_level(plane: NDArray[Any]) -> float:
    r"""Estimate the standard deviation of the noise.

    .. math:: \sigma = \sqrt{\pi / 2} \, / 6 \cdot \mathrm{mean}\,|M * x|

    Here :math:`M` is the difference of two Laplacians, (1 -2 1; -2 4 -2; 1 -2 1): it
    answers neither to constants nor to ramps. Exact for normal noise that is
    independent between pixels; correlated noise reads lower.

    Args:
        plane: One channel, (H, W), at least 3 x 3; any range.

    Returns:
        In the unit of ``plane``.

    Raises:
        ValueError: If it is no plane or too small.

    Source:
        J. Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996.

    >>> noise_level(np.arange(12.0).reshape(3, 4))
    0.0
    """
    return float(_NORM * np.abs(_answer(plane)).mean())


def flat_noise_level(plane: NDArray[Any], *, white: float) -> float | None:
    """Estimate the noise where an image is flattest, so that texture counts less.

    Args:
        plane: One channel, (H, W), values in 0..``white``.
        white: The largest value that can be stored, 255 or 1.

    Returns:
        The tenth percentile of the noise levels of 16 x 16 cells that are neither
        black nor white, in the unit of ``plane``; None if there is no such cell.

    Raises:
        ValueError: If it is no plane or too small.
    """
    answer = np.abs(_answer(plane))
    levels = _cell_means(answer)
    brightness = _cell_means(plane[1:-1, 1:-1].astype(np.float32)) / white
    usable = levels[(brightness > DARK) & (brightness < BRIGHT)]
    return float(_NORM * np.percentile(usable, FLATTEST)) if usable.size else None


def _answer(plane: NDArray[Any]) -> Floats:
    if plane.ndim != _GREY or min(plane.shape) < 3:  # noqa: PLR2004
        raise ValueError(
            f"The noise of an array of shape {plane.shape} cannot be told; expected "
            "one channel, (height, width), of at least 3 x 3 pixels."
        )
    x = plane.astype(np.float32)
    rows = x[:-2] - 2 * x[1:-1] + x[2:]
    answer: Floats = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return answer


def _cell_means(values: Floats) -> Floats:
    rows, columns = values.shape[0] // CELL, values.shape[1] // CELL
    cells = values[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
    means: Floats = cells.mean(axis=(1, 3))
    return means
