"""Crops of patches, a whole batch at a time, on whatever device the patches are."""

import torch
from torch import Tensor

from cbsn_pipeline.training.data.random_numbers import random_below

ROW, COLUMN, SYMMETRY, PICKS = range(4)  # streams of random numbers that must not meet
SYMMETRIES = 8
UINT8_LEVELS = 255


def draw_crops(
    patches: Tensor, indices: Tensor, samples: Tensor, *, crop_size: int, seed: int
) -> Tensor:
    """Cut a crop per sample at random, turned or mirrored at random.

    Args:
        patches: (N, P, P, 3), uint8, or float32 in [0, 1].
        indices: (B,), int64: which patch each crop is cut from.
        samples: (B,), int64: number of each sample in the whole training; it decides
            place and symmetry.
        crop_size: Side of a crop, pixels, at most P.
        seed: Of the training.

    Returns:
        (B, 3, crop_size, crop_size), float32 in [0, 1].
    """
    height, width = patches.shape[1:3]
    top = random_below(height - crop_size + 1, samples, 1, seed=seed, stream=ROW)
    left = random_below(width - crop_size + 1, samples, 1, seed=seed, stream=COLUMN)
    symmetry = random_below(SYMMETRIES, samples, 1, seed=seed, stream=SYMMETRY)
    rows, columns = symmetric_places(symmetry[:, 0], crop_size)
    rows, columns = rows + top[:, :, None], columns + left[:, :, None]
    crops = patches[indices[:, None, None], rows, columns]
    return _to_unit(crops.permute(0, 3, 1, 2).contiguous())


def symmetric_places(symmetry: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Say where each pixel of a turned or mirrored square comes from.

    Args:
        symmetry: (B,), 0 to 7, one of the square's eight symmetries: the bits ask to
            mirror top-bottom (1), left-right (2), and to transpose (4) after that.
        side: Pixels of the square.

    Returns:
        Rows and columns, both (B, side, side).
    """
    forward = torch.arange(side, device=symmetry.device)
    backward = forward.flip(0)
    rows = torch.where((symmetry & 1)[:, None] > 0, backward, forward)
    columns = torch.where((symmetry & 2)[:, None] > 0, backward, forward)
    transposed = (symmetry & 4)[:, None, None] > 0
    return (
        torch.where(transposed, rows[:, None, :], rows[:, :, None]),
        torch.where(transposed, columns[:, :, None], columns[:, None, :]),
    )


def draw_picks(
    samples: Tensor, *, cells: int, stride: int, seed: int, same: bool = False
) -> Tensor:
    """Draw the choices of the random subsampler.

    Args:
        samples: (B,), int64.
        cells: Cells per side of a crop.
        stride: Side of a cell, pixels.
        seed: Of the training.
        same: All cells of a crop pick the pixel at the same place.

    Returns:
        (B, cells, cells), int64 in 0 .. stride * stride - 1.
    """
    count = 1 if same else cells**2
    picks = random_below(stride * stride, samples, count, seed=seed, stream=PICKS)
    return picks.expand(-1, cells**2).reshape(len(samples), cells, cells)


def _to_unit(crops: Tensor) -> Tensor:
    """Bring crops to float32 in [0, 1], as ``imaging.quantise.to_unit`` does."""
    return crops.float() / UINT8_LEVELS if crops.dtype == torch.uint8 else crops
