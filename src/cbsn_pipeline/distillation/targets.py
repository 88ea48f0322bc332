"""What a teacher makes of the training patches."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.imaging.quantise import to_unit

QUARTER_TURNS = 4
SYMMETRIES = 8

Patches = NDArray[Any]  # (N, P, P, 3), uint8, or float32 in [0, 1]


def make_targets(
    teacher: Denoiser,
    patches: Patches,
    *,
    eightfold: bool,
    advance: Callable[[], None],
) -> Tensor:
    """Denoise every patch.

    Args:
        teacher: A C-BSN or a student; restitution as it is set.
        patches: The noisy patches.
        eightfold: Average over the eight symmetries of the square.
        advance: Called after every patch.

    Returns:
        (N, 3, P, P), float16, intensity in [0, 1]: its rounding, 1/4096 at most, is
        below that of 8 bits.
    """
    targets = torch.empty(len(patches), 3, *patches.shape[1:3], dtype=torch.float16)
    for index, patch in enumerate(patches):
        unit = to_unit(patch)
        denoised = (
            denoise_eightfold(teacher, unit) if eightfold else teacher.denoise(unit)
        )
        targets[index] = torch.from_numpy(denoised.transpose(2, 0, 1).copy())
        advance()
    return targets


def denoise_eightfold(
    denoiser: Denoiser, image: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Average what a denoiser makes of a picture turned and mirrored in all ways.

    Args:
        denoiser: Of eight times its usual cost here.
        image: (H, W, 3), intensity in [0, 1].

    Returns:
        The same shape and unit.
    """
    total = np.zeros_like(image)
    for mirrored in (False, True):
        for turns in range(QUARTER_TURNS):
            turned = np.rot90(image[:, ::-1] if mirrored else image, turns)
            back = np.rot90(denoiser.denoise(np.ascontiguousarray(turned)), -turns)
            total += back[:, ::-1] if mirrored else back
    return total / np.float32(SYMMETRIES)


def spread(total: int, most: int) -> Sequence[int]:
    """Choose at most ``most`` of ``total`` indices, evenly spread.

    >>> list(spread(10, 4))
    [0, 3, 6, 9]
    """
    if total <= most:
        return range(total)
    places: list[int] = np.linspace(0, total - 1, most).round().astype(int).tolist()
    return places
