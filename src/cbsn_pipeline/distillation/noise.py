"""How strong noise is, by intensity: told from what a teacher removed."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]

LEVELS = 256
# Edges of the bins, of 255 levels: narrow in the dark, where clipping changes noise
EDGES = np.array([0, 2, 4, 7, *range(11, LEVELS, 8), LEVELS])
FEWEST = 200  # pixels of a bin that counts
FLOOR = 0.3 / 255  # a tenth of the rounding of 8 bits: nothing is divided by less
THINNED = (
    3  # of so many rows and columns one is looked at: an odd number, see restitution
)


def noise_levels(noisy: Tensor, denoised: Tensor, groups: Tensor) -> Tensor:
    """Measure mean absolute noise by group, channel and intensity.

    Args:
        noisy: Patches, (N, 3, P, P), intensity in [0, 1].
        denoised: The same without noise.
        groups: (N,), int64, 0 to G - 1: patches of one group share their noise.

    Returns:
        (G, 3, 256): for each level of the denoised intensity, in [0, 1]; where a group
        has no pixels that dark or bright, the nearest that it has.
    """
    num_groups = int(groups.max()) + 1
    table = np.empty((num_groups, 3, LEVELS), np.float32)
    for group in range(num_groups):
        members = groups == group
        clean = _thin(denoised[members])
        noise = np.abs(_thin(noisy[members]) - clean)
        for channel in range(3):
            table[group, channel] = _level_by_intensity(
                clean[:, channel].ravel(), noise[:, channel].ravel()
            )
    return torch.from_numpy(table)


def _level_by_intensity(clean: Floats, noise: Floats) -> NDArray[np.float64]:
    """Mean noise at each of 256 levels, interpolated between the bins that count."""
    bins = np.digitize(np.clip(clean * 255, 0, 255), EDGES) - 1
    count = np.bincount(bins, minlength=len(EDGES) - 1)
    total = np.bincount(bins, weights=noise, minlength=len(EDGES) - 1)
    good = count >= min(FEWEST, count.max())
    middles = (EDGES[1:] + EDGES[:-1]) / 2
    mean = np.interp(np.arange(LEVELS), middles[good], total[good] / count[good])
    return np.asarray(np.maximum(mean, FLOOR))


def _thin(patches: Tensor) -> Floats:
    thinned: Floats = patches[..., ::THINNED, ::THINNED].float().numpy()
    return thinned
