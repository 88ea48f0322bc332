r"""Whether one denoiser scores better than another, when both did the same blocks.

Scores of blocks scatter by several decibels, because some scenes are easier than
others; the difference of two denoisers on one block scatters far less. Everything
here is therefore about the differences

.. math:: d_i = s_i^{(2)} - s_i^{(1)}

of the scores of block i, higher being better.

Two units can be resampled. Blocks, as most papers do: it takes every block for an
independent draw. Images, that is all blocks of an image together: blocks of one
image share scene, camera and noise, so this interval, wider as a rule, is the one
that says what to expect of images not seen yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

RESAMPLES = 10_000
CONFIDENCE = 0.95
MIN_IMAGES = 2  # one image, drawn again and again, has an interval of width zero
_CHUNK = 1_000_000  # numbers drawn at once


@dataclass(frozen=True)
class Interval:
    """From low to high, both in the unit of the score."""

    low: float
    high: float


@dataclass(frozen=True)
class PairedComparison:
    """What the scores of two denoisers on the same blocks say.

    Attributes:
        num_blocks: Blocks that both scored.
        num_images: Images that they are of; 0 where that is unknown.
        first: Mean score of the first.
        second: Mean score of the second.
        difference: Mean of second - first; positive: the second is better.
        blocks: Bootstrap interval of the difference, blocks resampled.
        images: The same, images resampled; None with fewer than two images.
        p_blocks: Two-sided Wilcoxon signed-rank p over blocks.
        p_images: The same over the means of images; None with fewer than two.
        won: Share of blocks in which the second scores higher, 0..1.
        tied: Share of blocks in which both score the same, 0..1.
    """

    num_blocks: int
    num_images: int
    first: float
    second: float
    difference: float
    blocks: Interval
    images: Interval | None
    p_blocks: float
    p_images: float | None
    won: float
    tied: float


def compare_scores(
    first: Floats,
    second: Floats,
    images: NDArray[Any] | None = None,
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> PairedComparison:
    """Compare two denoisers by their scores on the same blocks.

    Args:
        first: Score of each block, (N,); higher is better.
        second: Score of the same blocks, in the same order, (N,).
        images: Which image each block is of, (N,); None if unknown.
        resamples: Draws of the bootstrap.
        confidence: Of the intervals, between 0 and 1.
        seed: Of the draws; the same for every comparison of the same blocks.

    Returns:
        Mean difference with its intervals, p, share of blocks won.

    Raises:
        ValueError: No block, different numbers of them, or a score that is not a finite
            number.
    """
    _check_pair(first, second, images)
    differences = second - first
    interval = partial(
        bootstrap_interval,
        differences,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
    )
    by_image = mean_by_group(differences, images)
    enough = len(by_image) >= MIN_IMAGES
    return PairedComparison(
        num_blocks=len(differences),
        num_images=0 if images is None else len(by_image),
        first=float(first.mean()),
        second=float(second.mean()),
        difference=float(differences.mean()),
        blocks=interval(),
        images=interval(images) if enough else None,
        p_blocks=wilcoxon_p(differences),
        p_images=wilcoxon_p(by_image) if enough else None,
        won=float(np.mean(differences > 0)),
        tied=float(np.mean(differences == 0)),
    )


def bootstrap_interval(
    differences: Floats,
    groups: NDArray[Any] | None = None,
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of the mean over blocks.

    Args:
        differences: One number per block, (N,).
        groups: Which group each block is of, (N,): whole groups are drawn, with all
            their blocks. None draws blocks.
        resamples: How often as many units as there are are drawn, with replacement.
        confidence: Between 0 and 1; each tail has half of the rest.
        seed: Of the draws.

    Returns:
        The interval, in the unit of the differences. Groups of different sizes weigh
        as many blocks as they have, as in the mean over blocks itself.
    """
    sums, counts = _sum_by_group(differences, groups)
    rng = np.random.default_rng(seed)
    means = [
        sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        for drawn in _draw(len(sums), resamples, rng)
    ]
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(np.concatenate(means), [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def wilcoxon_p(differences: Floats) -> float:
    """Two-sided p of Wilcoxon's signed-rank test: differences symmetric around 0?

    Zero differences say nothing and are left out; nothing but zeros is p = 1.

    Args:
        differences: One number per unit, (N,).

    Returns:
        0..1; exact for few units without ties, as ``scipy.stats.wilcoxon`` decides.
    """
    nonzero = differences[differences != 0]
    if not len(nonzero):
        return 1.0
    return float(stats.wilcoxon(nonzero).pvalue)


def mean_by_group(values: Floats, groups: NDArray[Any] | None) -> Floats:
    """Average values by group, groups in ascending order; none without groups."""
    if groups is None:
        return np.empty(0)
    sums, counts = _sum_by_group(values, groups)
    return sums / counts


def _sum_by_group(
    values: Floats, groups: NDArray[Any] | None
) -> tuple[Floats, NDArray[np.integer]]:
    """Sum and number of values per group; without groups each is its own."""
    if groups is None:
        return values, np.ones(len(values), dtype=np.int64)
    _, members = np.unique(groups, return_inverse=True)
    sums: Floats = np.bincount(members, weights=values).astype(np.float64)
    return sums, np.bincount(members)


def _draw(
    num_units: int, resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Draw units with replacement, (some resamples, units) at a time."""
    rows = max(1, _CHUNK // num_units)
    for start in range(0, resamples, rows):
        yield rng.integers(0, num_units, (min(rows, resamples - start), num_units))


def _check_pair(first: Floats, second: Floats, images: NDArray[Any] | None) -> None:
    shapes = [np.shape(first), np.shape(second)]
    if images is not None:
        shapes.append(np.shape(images))
    if len(set(shapes)) != 1 or len(shapes[0]) != 1 or shapes[0] == (0,):
        raise ValueError(
            f"Scores of the same blocks are compared: expected arrays of one length, "
            f"at least 1, got shapes {', '.join(map(str, shapes))}."
        )
    for name, scores in (("first", first), ("second", second)):
        bad = int(np.sum(~np.isfinite(scores)))
        if bad:
            raise ValueError(
                f"{bad} scores of the {name} are not finite numbers: their mean "
                "difference is none either. A PSNR is infinite where a block equals "
                "the clean one; leave such blocks out of both."
            )
