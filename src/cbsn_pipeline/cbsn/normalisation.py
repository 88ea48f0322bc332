"""The units that the network and its losses live in."""

import torch
from torch import Tensor


def normalise(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Bring every channel of every image to zero mean and unit deviation.

    Args:
        x: (B, C, H, W), intensity in [0, 1].

    Returns:
        The normalised images, and the mean and the deviation, both (B, C, 1, 1),
        that undo it: ``normalised * deviation + mean``. The deviation is that of the
        whole population and never below 1 / sqrt(H * W), so that a flat image gives
        zeros, not a division by zero. For a square crop that floor is 1 / crop.

    Source:
        ``tf_normalize`` in dataprocess.py of jyicu/CBSN at 37da7aa.
    """
    height, width = x.shape[-2:]
    deviation, mean = torch.std_mean(x, dim=(2, 3), correction=0, keepdim=True)
    deviation = deviation.clamp_min((height * width) ** -0.5)
    return (x - mean) / deviation, mean, deviation
