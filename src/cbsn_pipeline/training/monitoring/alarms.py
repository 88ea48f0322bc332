"""Say when a training goes wrong, from held-out noisy blocks alone.

:func:`watch` compares the blocks with what the network made of them, without a clean
picture; :func:`raise_alarms` puts thresholds on its numbers. The thresholds lie
between what was measured on 60 real SIDD blocks for good outputs (the clean pictures,
Gaussian blurs of sigma 2 and 4, a denoiser of 34 dB after 4,500 and 5,000 steps) and
for bad ones (collapsed and untrained networks, shifted colours, added patterns).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.restitution import slow_part
from cbsn_pipeline.imaging.checkerboard import checkerboards

Blocks = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

# Of difference_to_noise. Good: 1.5 to 2.3 (1.3 for a network that copies half of the
# noise, .6 for a blur of sigma .5); a copy: 0.
IDENTITY_BELOW = 0.2
# Good: .97 to 1; collapsed: .03; .1 to .2 while the first 100 steps pass through it.
CONSTANT_BELOW = 0.2
# Grey levels. Good: 1.3 to 1.5 (1.9 on the sample); one channel shifted by 4: 3.0 or
# more; small networks after 200 steps: 1.5 to 3.8, before: up to 80. Clean pictures
# of 40 blocks drawn at random pass it in .3 % of draws, of 16 in 3 %, of 4 in 17 %.
DRIFT_ABOVE = 2.5
# Good: below .01; +-2 grey levels at the period: 8 or more; every second pixel
# repeated: 3.7 or more; nothing that rounding can do to a ramp passes 1.
CHECKERBOARD_ABOVE = 2.0

# Grey levels. Good: 1.0 to 1.6; a quarter of the chroma lost: 4.0; 16 channels x 2
# blocks after 1,200 steps: 6.7, with it given back 1.6; all of it lost: 14.
COLOUR_LOSS_ABOVE = 3.0
COLOUR_WINDOW = 33  # pixels: noise has no colour as slow as that

LEAST_NOISE = 1.0  # grey levels; blocks with less have nothing to remove
LEAST_CONTENT = 0.25  # grey levels squared; less is nothing that could be lost
CELL_PX = 8  # camera noise is correlated over less
COLOURS = ("red", "green", "blue")
RGB_BLOCKS = 4  # axes
DIFFERENCES = np.arange(-255, 256)  # of two uint8


class Alarm(NamedTuple):
    """Something that is wrong with a training."""

    name: str
    """``identity``, ``constant``, ``colour_drift``, ``colour_loss`` or
    ``checkerboard_<stride>``."""
    message: str
    """What was measured, its threshold, the likely cause and what to try."""


def watch(
    noisy: Blocks, denoised: Blocks, *, strides: Sequence[int]
) -> dict[str, float]:
    """Measure what goes wrong first in a training, as numbers to be drawn as curves.

    Args:
        noisy: (N, H, W, 3) uint8, 0..255, at least 16x16. The drift of good outputs
            scatters when N is below 16: trust its curve then, not its threshold.
        denoised: What the network made of them, same shape and type.
        strides: Of the subsamplers; 1 leaves no pattern and is passed over.

    Returns:
        ``difference_rms``: of denoised - noisy, grey levels.
        ``difference_to_noise``: that over the noise of the input; 0 for a copy.
        ``contrast_ratio``: content of the output over that of the input; 0 for a
        constant, 1 for a good output or where the input has no content.
        ``colour_drift_red``, ``_green``, ``_blue``: grey levels that the output is
        brighter by, median over the blocks.
        ``colour_drift``: median over the blocks of the same without its sign, for the
        channel where that is largest.
        ``colour_loss``: grey levels (root mean square) of slow colour that the input
        has and the output has not, which restitution would give back.
        ``checkerboard_<stride>``: energy of patterns of this period that the input
        does not have, over the energy beside them; just visible from 1.

    Raises:
        ValueError: Shapes differ, or these are not uint8 RGB blocks.
    """
    _check(noisy, denoised)
    histograms = np.stack(
        [_difference_histogram(*pair) for pair in zip(noisy, denoised, strict=True)]
    )
    difference = _root_mean_square(histograms)
    return {
        "difference_rms": difference,
        "difference_to_noise": difference / max(_noise(noisy), LEAST_NOISE),
        "contrast_ratio": _contrast_ratio(noisy, denoised),
        **_colour_drift(histograms),
        "colour_loss": _colour_loss(noisy, denoised),
        **checkerboards(noisy, denoised, strides=strides),
    }


def raise_alarms(values: Mapping[str, float]) -> list[Alarm]:
    """Compare the numbers of :func:`watch` with what good outputs never reach.

    Args:
        values: By name; a missing one, or NaN, raises no alarm.
    """
    alarms = []
    if values.get("difference_to_noise", np.inf) < IDENTITY_BELOW:
        alarms.append(Alarm("identity", _identity_message(values)))
    if values.get("contrast_ratio", np.inf) < CONSTANT_BELOW:
        alarms.append(Alarm("constant", _constant_message(values)))
    if values.get("colour_drift", 0.0) > DRIFT_ABOVE:
        alarms.append(Alarm("colour_drift", _drift_message(values)))
    if values.get("colour_loss", 0.0) > COLOUR_LOSS_ABOVE:
        alarms.append(Alarm("colour_loss", _colour_loss_message(values)))
    for name, value in values.items():
        if name.startswith("checkerboard_") and value > CHECKERBOARD_ABOVE:
            alarms.append(Alarm(name, _checkerboard_message(name, value)))
    return alarms


def _difference_histogram(noisy: Blocks, denoised: Blocks) -> NDArray[np.int64]:
    """Count every difference of one block pair, (H, W, 3): (3, 511), -255 first."""
    difference = denoised.astype(np.int64) - noisy + 255
    return np.stack(
        [
            np.bincount(difference[..., channel].ravel(), minlength=len(DIFFERENCES))
            for channel in range(len(COLOURS))
        ]
    )


def _root_mean_square(histograms: NDArray[np.int64]) -> float:
    return float(np.sqrt((histograms @ DIFFERENCES**2).sum() / histograms.sum()))


def _noise(blocks: Blocks) -> float:
    """Noise of (N, H, W, 3) in its smoother parts, grey levels.

    The lower quartile, over small cells, of the deviation in the cell: there, what
    varies is noise, not content.
    """
    variance = np.quantile([_cell_variances(block) for block in blocks], 0.25)
    return float(np.sqrt(max(variance, 0.0)))


def _contrast_ratio(noisy: Blocks, denoised: Blocks) -> float:
    before, after = (
        max(float(np.mean([_content(block) for block in blocks])), 0.0)
        for blocks in (noisy, denoised)
    )
    return float(np.sqrt((after + LEAST_CONTENT) / (before + LEAST_CONTENT)))


def _content(block: Blocks) -> float:
    """Variance of a block, (H, W, 3), without its noise, grey levels squared.

    It is the covariance of neighbouring cells' means: those share content, but no
    noise, so that a flat, noisy block has none (or a little less than none).
    """
    means = _cell_means(block)
    means = means - means.mean(axis=(0, 1))
    products = (means[1:] * means[:-1], means[:, 1:] * means[:, :-1])
    return float(np.mean(np.concatenate([product.ravel() for product in products])))


def _cell_means(block: NDArray[Any]) -> Floats:
    """Mean of every small cell of (H, W, 3): (rows, columns, 3), same unit."""
    height, width, channels = block.shape
    size = max(1, min(CELL_PX, height // 4, width // 4))
    rows, columns = height // size, width // size
    # one direction after the other: three times as fast as both at once
    bands = block[: rows * size, : columns * size].reshape(rows, size, -1)
    bands = bands.sum(axis=1, dtype=np.float32)
    cells = bands.reshape(rows, columns, size, channels)
    means: Floats = cells.sum(axis=2) / size**2
    return means


def _cell_variances(block: Blocks) -> Floats:
    """Variance in every small cell of (H, W, 3): (rows, columns, 3), squared unit."""
    pixels = block.astype(np.float32)
    variances: Floats = _cell_means(pixels**2) - _cell_means(pixels) ** 2
    return variances


def _colour_drift(histograms: NDArray[np.int64]) -> dict[str, float]:
    shifts = _interquartile_mean(histograms)
    signed = np.median(shifts, axis=0)
    names = [f"colour_drift_{colour}" for colour in COLOURS]
    return {
        **dict(zip(names, signed.tolist(), strict=True)),
        "colour_drift": float(np.median(np.abs(shifts), axis=0).max()),
    }


def _interquartile_mean(histograms: NDArray[np.int64]) -> Floats:
    """Mean of the middle half of the differences: (N, 3, 511) to (N, 3), grey levels.

    Gamma and clipping skew camera noise: its mean is below zero by 3 grey levels on
    SIDD (the clean pictures are brighter than the noisy ones), its median by 1, and
    networks that learn from absolute differences predict the median, blurs the mean.
    The middle half lies between the two, so that neither looks like a drift.
    """
    counts = histograms.cumsum(axis=-1)
    total = counts[..., -1:]
    inside = np.clip(counts, total / 4, total * 3 / 4)
    weights = np.diff(inside, axis=-1, prepend=total / 4)
    means: Floats = (weights @ DIFFERENCES) / weights.sum(axis=-1)
    return means


def _colour_loss(noisy: Blocks, denoised: Blocks) -> float:
    """Root mean square of the slow colour of noisy - denoised, grey levels."""
    squares = []
    for before, after in zip(noisy, denoised, strict=True):
        residue = torch.from_numpy(before.astype(np.float32) - after)
        slow = slow_part(residue.permute(2, 0, 1), COLOUR_WINDOW)
        squares.append(float((slow - slow.mean(0)).square().mean()))
    return float(np.sqrt(np.mean(squares)))


def _identity_message(values: Mapping[str, float]) -> str:
    return (
        f"The output is the input: it differs by {values['difference_to_noise']:.1%} "
        f"of the noise (alarm below {IDENTITY_BELOW:.0%}). The visible term teaches to "
        "copy and nothing holds against it: raise train.invariance_weight, or "
        "train.blind_stride if the noise is correlated over more pixels; or these "
        "blocks hold no noise."
    )


def _constant_message(values: Mapping[str, float]) -> str:
    return (
        f"The output has no content: {values['contrast_ratio']:.1%} of the input's "
        f"contrast (alarm below {CONSTANT_BELOW:.0%}). A constant satisfies the "
        "invariance term: lower train.invariance_weight, or lengthen train.ramp_steps "
        "so that the blind term learns first."
    )


def _drift_message(values: Mapping[str, float]) -> str:
    shifts = ", ".join(
        f"{colour} {values.get(f'colour_drift_{colour}', np.nan):+.1f}"
        for colour in COLOURS
    )
    return (
        f"Colours moved by {values['colour_drift']:.1f} grey levels (alarm above "
        f"{DRIFT_ABOVE}; {shifts}). In the first thousand steps this passes; later "
        "the learning rate is too high for the batch: lower train.learning_rate or "
        "raise train.batch_size. A few very dark blocks alone can look like this."
    )


def _colour_loss_message(values: Mapping[str, float]) -> str:
    return (
        f"The output has lost {values['colour_loss']:.1f} grey levels of slow colour "
        f"(alarm above {COLOUR_LOSS_ABOVE}). Small or short trainings do this: train "
        "longer, or with more channels; restitution gives most of it back."
    )


def _checkerboard_message(name: str, value: float) -> str:
    return (
        f"A pattern repeats every {name.removeprefix('checkerboard_')} pixels, with "
        f"{value:.1f} times the energy beside its frequency (alarm above "
        f"{CHECKERBOARD_ABOVE}), and the input does not have it. The network amplifies "
        "the camera's mosaic or the grid of its training: train longer, with a lower "
        "train.learning_rate or another stride, and look at the logged pictures."
    )


def _check(noisy: NDArray[Any], denoised: NDArray[Any]) -> None:
    if noisy.shape != denoised.shape:
        raise ValueError(
            f"Cannot compare blocks of different shapes: noisy {noisy.shape}, "
            f"denoised {denoised.shape}."
        )
    if noisy.dtype != np.uint8 or denoised.dtype != np.uint8:
        raise ValueError(
            f"Expected uint8 blocks, got {noisy.dtype} and {denoised.dtype}: the "
            "thresholds are in grey levels. Denoiser.denoise_blocks makes uint8."
        )
    if noisy.ndim != RGB_BLOCKS or noisy.shape[3] != len(COLOURS) or noisy.size == 0:
        raise ValueError(
            f"Expected blocks of shape (N, H, W, 3), at least one, got {noisy.shape}."
        )
