"""The student: a small plain U-Net that sees every pixel.

A hundred times cheaper per pixel than the paper's network, it learns from what that
network makes of noisy pictures (see :mod:`cbsn_pipeline.distillation`). It is not part
of the published method.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle, relu

from cbsn_pipeline.cbsn.options import UNetOptions

FOLD = 2  # pixels per side that become channels before anything else: 4 times cheaper
MIDDLE_GREY = 0.5  # subtracted from intensities, so that zero padding is grey
LIVE_MAPS = 3  # feature maps of the finest level held at once, in whole pixels


class ResidualBlock(nn.Module):
    """x + 3x3(ReLU(3x3(x)))."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Transform (B, C, H, W); same shape out."""
        change: Tensor = self.conv2(relu(self.conv1(x)))
        return x + change


class UNet(nn.Module):
    """Denoise, seeing every pixel: the input plus a correction.

    Pixels are folded two by two into channels; every level below halves the sides
    again. Tone and colour pass through the sum at the end, so that they cannot be lost
    for want of training, as they are by a network without it.

    Args:
        options: Widths of the levels.
        generator: Source of the initial weights; torch's global one by default.

    Example:
        >>> net = UNet(UNetOptions(widths=(8, 12)))
        >>> net(torch.zeros(1, 3, 12, 20)).shape
        torch.Size([1, 3, 12, 20])
    """

    normalised = False  # it works on intensities in [0, 1] as they are

    def __init__(
        self,
        options: UNetOptions | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.options = options or UNetOptions()
        widths, folded = self.options.widths, 3 * FOLD**2
        steps = list(pairwise(widths))
        self.enter = nn.Conv2d(folded, widths[0], 3, padding=1)
        self.encode = nn.ModuleList(ResidualBlock(width) for width in widths)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in steps)
        self.up = nn.ModuleList(nn.Conv2d(b, 4 * a, 1) for a, b in steps)
        self.decode = nn.ModuleList(ResidualBlock(width) for width in widths[:-1])
        self.leave = nn.Conv2d(widths[0], folded, 3, padding=1)
        _initialise(self, generator)

    def forward(self, x: Tensor, blind: bool = False) -> Tensor:
        """Denoise a batch.

        Args:
            x: (B, 3, H, W), intensity in [0, 1]; H and W multiples of ``alignment``.
            blind: Must be False: this network cannot hide a pixel from itself.

        Returns:
            (B, 3, H, W), intensity, may overshoot a little.

        Raises:
            ValueError: A blind pass was asked for.
        """
        if blind:
            raise ValueError(
                "This denoiser is a student: it has no blind pass. Ask its teacher, a "
                "C-BSN, for one (validate.blind_strides)."
            )
        features = self.enter(pixel_unshuffle(x - MIDDLE_GREY, FOLD))
        skipped = []
        for encode, down in zip(self.encode, self.down, strict=False):
            features = encode(features)
            skipped.append(features)
            features = down(features)
        features = self.encode[-1](features)
        for up, decode in zip(reversed(self.up), reversed(self.decode), strict=True):
            features = decode(pixel_shuffle(up(features), 2) + skipped.pop())
        return x + pixel_shuffle(self.leave(features), FOLD)

    @property
    def alignment(self) -> int:
        """Sides of pictures, and corners of tiles, are multiples of this."""
        return FOLD << (len(self.options.widths) - 1)

    @property
    def receptive_radius(self) -> int:
        """Pixels to each side that an output pixel depends on, at most.

        A 3x3 kernel reaches one cell further, and a level's cell is as large as its
        stride; a pixel's place in the largest cell is added.
        """
        strides = [FOLD << level for level in range(len(self.options.widths))]
        above = 4 * sum(strides[:-1])  # two blocks of two kernels
        return 2 * FOLD + above + 2 * strides[-1] + self.alignment

    @property
    def live_channels(self) -> int:
        """Channels per pixel that a forward pass holds at once, about."""
        return LIVE_MAPS * self.options.widths[0]

    @property
    def num_parameters(self) -> int:
        """Trainable numbers in the network."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates per pixel of the picture, rounded up."""
        total = 0.0
        stride_of = {"enter": FOLD, "leave": FOLD}
        for name, weight in self.named_parameters():
            if weight.ndim == 1:
                continue
            part, _, rest = name.partition(".")
            level = int(rest.partition(".")[0]) if part not in stride_of else 0
            level += part in ("down", "up")  # computed at the lower level
            total += weight.numel() / (FOLD * 2**level) ** 2
        return math.ceil(total)


def _initialise(net: nn.Module, generator: torch.Generator | None) -> None:
    """Weights as PyTorch draws them; the last layer is zero: x passes unchanged.

    They are smaller than He's by the root of 6: sums of residual blocks keep about
    their size, and the network learns what He's takes four times as many steps for.
    """
    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            nn.init.zeros_(module.bias)
            if name == "leave":
                nn.init.zeros_(module.weight)
            else:
                nn.init.kaiming_uniform_(
                    module.weight, a=math.sqrt(5), generator=generator
                )
