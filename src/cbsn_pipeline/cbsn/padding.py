"""Reflect the edges of pictures."""

import numpy as np
import torch
from torch import Tensor


def reflect(x: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """Reflect the edges of (..., H, W), also where it is smaller than the padding.

    Args:
        x: On the CPU.
        rows: Pixels to add above and below.
        columns: Pixels to add on the left and on the right.
    """
    edges = ((0, 0),) * (x.ndim - 2) + (rows, columns)
    return torch.from_numpy(np.pad(x.numpy(), edges, mode="reflect"))
