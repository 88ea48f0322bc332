"""Reflect the edges of pictures."""

import numpy as np
import torch
from torch import Tensor


def reflect(x: Tensor, padding: int) -> Tensor:
    """Reflect the edges of (..., H, W), also where it is smaller than the padding."""
    edges = ((0, 0),) * (x.ndim - 2) + ((padding, padding),) * 2
    return torch.from_numpy(np.pad(x.numpy(), edges, mode="reflect"))
