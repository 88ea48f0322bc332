"""Which noisy block each block of a submission looks like.

Signatures (:mod:`~.rules.facts`) are compared, all with all: a
matrix product. Two measures decide, for neighbouring blocks of one scene can be nearly
the same and flat walls have no structure. Tuned on 640 real SIDD blocks: the clean
images, which differ most from the noisy ones, and blurs of sigma 1 to 8 give no alarm;
of blocks that change places within one photograph 92 in 100 or more are seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

LIKE = 0.9  # correlation with the block it looks like, at least
CLEARLY = 0.25  # and by so much more than with its own
TIMES = 3.0  # or: so many times closer, in levels, than its own,
FAR = 16.0  # which is at least so many levels away,
NEAR = 6.0  # while the other one is this near
FLAT = 0.25  # levels, root mean square: less is rounding and no structure
PATTERN_SHARE = 0.8  # of the misplaced blocks must follow a pattern to name it
MIN_MISPLACED = 3  # fewer do not show a pattern


@dataclass(frozen=True)
class Resemblance:
    """What each block looks like.

    Attributes:
        misplaced: (N,), whether it clearly looks like another one than its own.
        best: (N,), the index of what it looks like most.
        best_correlation: (N,), how much, -1..1.
        own_correlation: (N,), how much it looks like its own, -1..1.
        own_distance: (N,), how far it is from its own, in levels.
    """

    misplaced: Flags
    best: Integers
    best_correlation: Floats
    own_correlation: Floats
    own_distance: Floats


def find_resemblance(ours: Floats, noisy: Floats) -> Resemblance:
    """Compare every block with every noisy block.

    Args:
        ours: (N, 16, 16, 3) signatures of the submission, in levels.
        noisy: (N, 16, 16, 3) those of the noisy blocks, in the same order.
    """
    correlations = _normalise(ours) @ _normalise(noisy).T
    distances = _distances(ours - np.median(ours - noisy, axis=(0, 1, 2)), noisy)
    own = np.arange(len(ours))
    best, nearest = correlations.argmax(axis=1), distances.argmin(axis=1)
    own_correlation, own_distance = correlations[own, own], distances[own, own]
    by_structure = (correlations[own, best] >= LIKE) & (
        own_correlation < correlations[own, best] - CLEARLY
    )
    other_distance = distances[own, nearest]
    by_colour = (other_distance < NEAR) & (
        own_distance > np.maximum(FAR, TIMES * other_distance)
    )
    found = np.where(by_structure, best, nearest)
    return Resemblance(
        misplaced=(by_structure | by_colour) & (found != own),
        best=found,
        best_correlation=correlations[own, found],
        own_correlation=own_correlation,
        own_distance=own_distance,
    )


def correlate(ours: Floats, noisy: Floats) -> Floats:
    """Correlate each block with its own noisy block only: (N,), -1..1."""
    product: Floats = (_normalise(ours) * _normalise(noisy)).sum(axis=1)
    return product


def name_pattern(places: Integers, sources: Integers, grid: tuple[int, int]) -> str:
    """Say what rule put blocks where they do not belong; empty if none is seen.

    Args:
        places: Where misplaced blocks are, counted from 0.
        sources: Which block each looks like, counted from 0.
        grid: Number of images, and of blocks per image.
    """
    if len(places) < MIN_MISPLACED:
        swapped = len(places) == 2 and set(places) == set(sources)  # noqa: PLR2004
        return "These two blocks have changed places." if swapped else ""
    for text, expected in _patterns(places, sources, grid).items():
        if np.mean(sources == expected) >= PATTERN_SHARE:
            return text
    return ""


def _patterns(
    places: Integers, sources: Integers, grid: tuple[int, int]
) -> dict[str, Integers]:
    images, blocks = grid
    total = images * blocks
    as_text = np.array(sorted(range(total), key=str))
    steps = (sources - places) % total
    step = int(np.bincount(steps).argmax())
    shift = step if step <= total // 2 else step - total
    shape = (images, blocks)
    return {
        "Blocks were written block by block instead of image by image: a loop or a "
        "reshape has the axes of images and blocks exchanged (in Python "
        f"blocks.transpose(1, 0, ...)), or a MATLAB cell {shape} was read column by "
        "column.": places % images * blocks + places // images,
        "Blocks were read block by block instead of image by image: a reshape has the "
        "axes of images and blocks exchanged.": places % blocks * images
        + places // blocks,
        "The order is that of numbers sorted as text (0, 1, 10, 100, ...): file names "
        "without leading zeros were sorted.": as_text[places],
        "The order is reversed.": total - 1 - places,
        "Blocks are right within their image, but images have changed places: was a "
        "list of files not sorted?": sources // blocks * blocks + places % blocks,
        f"All are shifted by {shift:+d}: a block was skipped or written twice, or IDs "
        "count from 1.": (places + step) % total,
        "Images are right, but their blocks have changed places.": places
        // blocks
        * blocks
        + sources % blocks,
    }


def _normalise(signatures: Floats) -> Floats:
    flat = signatures.reshape(len(signatures), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    least = np.float32(FLAT * flat.shape[1] ** 0.5)
    unit: Floats = flat / np.maximum(length, least)
    return unit


def _distances(ours: Floats, noisy: Floats) -> Floats:
    """Root mean square difference of all pairs, in levels, (N, N)."""
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (ours, noisy))
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    distances: Floats = np.sqrt(np.maximum(squares, 0) / a.shape[1]).astype(np.float32)
    return distances
