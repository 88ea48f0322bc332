"""What is measured of each block of a submission, so that its pixels can be let go.

Everything is in 8-bit levels, 0..255, whatever the file holds: SIDD's blocks are in
them, DND's crops in [0, 1] are multiplied by 255.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIGNATURE_SIZE = 16  # cells per side
PEAK = 255.0
GREEN = 1
_NOISE_LAG = 3  # pixels: SIDD's noise is correlated over one or two
_MAD_TO_SIGMA = 1 / 0.6745  # of a normal distribution
_SECOND_DIFFERENCE = 6**0.5  # its sigma for white noise of sigma 1: (1, -2, 1)


@dataclass(frozen=True)
class NoisyFacts:
    """What is known of the noisy block that one was made of.

    Attributes:
        signature: (16, 16, 3), mean of each cell, in levels.
        digest: Hash of its values.
        constant: Whether each channel has one value only.
        sigma: Standard deviation of its noise, in levels; too large on fine texture.
        change_rms: Root of the mean square of denoised - noisy, in levels.
        largest_change: The largest of them, in levels.
    """

    signature: Floats
    digest: bytes
    constant: bool
    sigma: float
    change_rms: float
    largest_change: float


@dataclass(frozen=True)
class BlockFacts:
    """What is known of one block or crop of a submission.

    Attributes:
        place: Where the site takes it for, counted from 0: images first, then blocks.
        name: Its place as people say it, such as ``ID 37 (image 1, block 5)``.
        file: The file it is in.
        signature: (16, 16, 3), mean of each cell, in levels.
        digest: Hash of its values.
        constant: Whether each channel has one value only.
        high: Its largest value, in levels.
        noisy: The block that it was made of; None where that is not at hand.
    """

    place: int
    name: str
    file: str
    signature: Floats
    digest: bytes
    constant: bool
    high: float
    noisy: NoisyFacts | None


def measure_block(
    pixels: NDArray[Any],
    noisy: NDArray[Any] | None,
    *,
    place: int,
    name: str,
    file: str,
) -> BlockFacts:
    """Measure a block and, if the noisy one is at hand, what was changed.

    Args:
        pixels: (H, W, 3), levels 0..255, finite; at least 16x16.
        noisy: Same shape and scale, or None.
        place: Where the site takes it for, from 0.
        name: Its place in words.
        file: The file it is in.

    Raises:
        ValueError: The shapes differ.
    """
    if noisy is not None and noisy.shape != pixels.shape:
        raise ValueError(f"Shapes differ: denoised {pixels.shape}, noisy {noisy.shape}")
    return BlockFacts(
        place=place,
        name=name,
        file=file,
        signature=signature(pixels),
        digest=_digest(pixels),
        constant=_is_constant(pixels),
        high=float(pixels.max()),
        noisy=None if noisy is None else _measure_noisy(pixels, noisy),
    )


def signature(pixels: NDArray[Any]) -> Floats:
    """Average a block over 16 x 16 cells: (H, W, 3) in, (16, 16, 3) out, same scale.

    Rows and columns that do not fill a cell are left out at the end.
    """
    cell = [side // SIGNATURE_SIZE for side in pixels.shape[:2]]
    used = pixels[: cell[0] * SIGNATURE_SIZE, : cell[1] * SIGNATURE_SIZE]
    rows = used.reshape(SIGNATURE_SIZE, cell[0], -1).sum(axis=1, dtype=np.float32)
    cells = rows.reshape(SIGNATURE_SIZE, SIGNATURE_SIZE, cell[1], -1).sum(axis=2)
    mean: Floats = cells / np.float32(cell[0] * cell[1])
    return mean


def estimate_noise(pixels: NDArray[Any]) -> float:
    """Estimate the standard deviation of the noise from second differences in green.

    The median of their magnitude ignores edges, not fine texture. They are taken three
    pixels apart, where a camera's noise is no longer correlated.

    Args:
        pixels: (H, W, 3), at least 7 pixels wide.

    Returns:
        In the units of ``pixels``.
    """
    green = pixels[::2, :, GREEN].astype(np.float32)
    lag = _NOISE_LAG
    left, centre, right = green[:, : -2 * lag], green[:, lag:-lag], green[:, 2 * lag :]
    magnitude = np.abs(left - 2 * centre + right)
    return float(np.median(magnitude)) * _MAD_TO_SIGMA / _SECOND_DIFFERENCE


def _measure_noisy(pixels: NDArray[Any], noisy: NDArray[Any]) -> NoisyFacts:
    change = pixels.astype(np.float32) - noisy.astype(np.float32)
    return NoisyFacts(
        signature=signature(noisy),
        digest=_digest(noisy),
        constant=_is_constant(noisy),
        sigma=estimate_noise(noisy),
        change_rms=float(np.sqrt(np.mean(change * change, dtype=np.float64))),
        largest_change=float(np.abs(change).max()),
    )


def _digest(pixels: NDArray[Any]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest()


def _is_constant(pixels: NDArray[Any]) -> bool:
    corner, last = pixels[0, 0], pixels[-1, -1]
    return bool((corner == last).all() and (pixels == corner).all())
