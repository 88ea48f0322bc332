"""Patterns that repeat at a subsampler's stride, found in the spectrum.

A network that is trained on sub-images may leave their grid in its output: a
checkerboard. It shows as energy at the frequencies k / stride that the frequencies
beside them do not have. What the noisy input has there (a camera's mosaic, content)
is not counted.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Blocks = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

LEAST_PATTERN = 0.25  # grey levels squared; rounding a ramp makes as much
REACH = 8  # frequencies on either side that a line is compared with
CHANNELS = 3


def checkerboards(
    noisy: Blocks, denoised: Blocks, *, strides: Sequence[int]
) -> dict[str, float]:
    """Measure the patterns that came with the denoising, per stride.

    Args:
        noisy: (N, H, W, 3) uint8, 0..255.
        denoised: What was made of them, same shape and type.
        strides: Periods to look for, in pixels; 1 leaves no pattern and is passed
            over. One that is longer than half a side reads 0.

    Returns:
        ``checkerboard_<stride>``: energy at the period that the input does not have,
        over the energy beside it; 0 without a pattern, just visible from 1.
    """
    profiles = list(zip(_profiles(noisy), _profiles(denoised), strict=True))
    ratios = {}
    for stride in sorted(set(strides) - {1}):
        if 2 * stride >= min(noisy.shape[1:3]):
            ratios[f"checkerboard_{stride}"] = 0.0  # no frequency between the lines
            continue
        diagonals = _diagonals(noisy, stride), _diagonals(denoised, stride)
        pairs = [*profiles, diagonals]
        ratio = max(_excess(*pair, stride) for pair in pairs)
        ratios[f"checkerboard_{stride}"] = ratio
    return ratios


def _profiles(blocks: Blocks) -> list[Floats]:
    """Reduce blocks to signals that show patterns along the rows or the columns.

    Returns:
        Four arrays (N, length, 3), grey levels: for either direction the mean across
        it, and the mean size of the step from pixel to pixel. A repeated pixel leaves
        the first at rest and shows in the second.
    """
    signals = []
    for axis in (0, 1):
        means, steps = [], []
        for block in blocks:
            means.append(block.mean(axis=1 - axis, dtype=np.float32))
            step = np.abs(np.diff(block.astype(np.int16), axis=axis))
            steps.append(step.mean(axis=1 - axis, dtype=np.float32))
        signals += [np.stack(means), np.stack(steps)]
    return signals


def _diagonals(blocks: Blocks, stride: int) -> NDArray[np.complexfloating[Any]]:
    """Reduce blocks to signals that show patterns along both directions at once.

    Returns:
        (N, H, 3 * (stride - 1)), grey levels: in every row, its components of
        frequencies 1/stride, 2/stride, ... along it.
    """
    num, height, width, channels = blocks.shape
    cells = width // stride
    rows = (block[:, : cells * stride].reshape(height, cells, -1) for block in blocks)
    folded = np.stack([row.mean(axis=1, dtype=np.float32) for row in rows])
    folded = folded.reshape(num, height, stride, channels)
    return (np.fft.fft(folded, axis=2)[:, :, 1:] / stride).reshape(num, height, -1)


def _excess(before: NDArray[Any], after: NDArray[Any], stride: int) -> float:
    """Energy at the period that came with the denoising, over the energy beside it."""
    line_before, _ = _line_energy(before, stride)
    line_after, beside = _line_energy(after, stride)
    return max(line_after - line_before, 0.0) / (beside + LEAST_PATTERN)


def _line_energy(signals: NDArray[Any], stride: int) -> tuple[float, float]:
    """Energy at the frequencies k/stride, and what those beside let expect there.

    Args:
        signals: (N, length, M), grey levels; cut to a multiple of the stride, so that
            every k/stride is a frequency of the discrete transform.
        stride: Period, pixels, at most half the length.

    Returns:
        Both in grey levels squared, mean over the blocks, sum over k, mean over the
        three channels.
    """
    cells = signals.shape[1] // stride
    length = cells * stride
    spectra = np.abs(np.fft.fft(signals[:, :length], axis=1) / length) ** 2
    energy = spectra.mean(axis=0).sum(axis=1) / CHANNELS
    lines = np.arange(1, stride) * cells
    distance = np.arange(1, min(REACH, cells // 2) + 1)
    beside = lines[:, np.newaxis] + np.concatenate([-distance, distance])
    expected = energy[beside % length].mean(axis=1)
    return float(energy[lines].sum()), float(expected.sum())
