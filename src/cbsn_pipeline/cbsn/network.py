"""The conditional blind-spot network: one set of weights, seeing or blind."""

import math

import torch
from torch import Tensor, nn, relu_
from torch.nn.functional import conv2d

from cbsn_pipeline.cbsn.options import NetworkOptions

LIVE_FEATURE_MAPS = 6  # feature maps held at once in a forward pass, measured
HEAD_CHANNELS = 64  # width of the two layers before the output, as released
# Standard deviation of a unit normal truncated at two sigma: TensorFlow's
# variance_scaling divides by it so that the truncated weights keep their variance.
TRUNCATED_NORMAL_STD = 0.87962566103423978


class CentreMaskedConv(nn.Module):
    """A square convolution whose centre tap can be switched off.

    With the centre tap off the output at a pixel does not see that pixel. What
    follows keeps it so: see :class:`CBSN`.
    """

    mask: Tensor

    def __init__(self, channels: int, kernel_size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.empty(channels, channels, kernel_size, kernel_size)
        )
        self.bias = nn.Parameter(torch.zeros(channels))
        mask = torch.ones(kernel_size, kernel_size)
        mask[kernel_size // 2, kernel_size // 2] = 0
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor, *, blind: bool) -> Tensor:
        """Convolve (B, C, H, W) with zero padding; same shape out."""
        weight = self.weight * self.mask if blind else self.weight
        return conv2d(x, weight, self.bias, padding=weight.shape[-1] // 2)


class DilatedBlock(nn.Module):
    """DCM: x + ReLU(1x1(ReLU(dilated 3x3(x))))."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation
        )
        self.conv2 = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Transform (B, C, H, W); same shape out."""
        return x + relu_(self.conv2(relu_(self.conv1(x))))


class Branch(nn.Module):
    """A masked k x k convolution, then blocks dilated by (k + 1) / 2.

    That dilation is what keeps a blind branch blind: after the masked convolution a
    pixel is missing from its own position alone, and steps of (k + 1) / 2 reach
    only positions whose masked windows, (k - 1) / 2 to each side, exclude it.
    """

    def __init__(self, options: NetworkOptions, kernel_size: int) -> None:
        super().__init__()
        channels = options.channels
        self.dilation = (kernel_size + 1) // 2
        self.conv1 = CentreMaskedConv(channels, kernel_size)
        self.conv2 = nn.Conv2d(channels, channels, 1)
        self.conv3 = nn.Conv2d(channels, channels, 1)
        self.blocks = nn.ModuleList(
            DilatedBlock(channels, self.dilation) for _ in range(options.blocks)
        )
        self.conv4 = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, *, blind: bool) -> Tensor:
        """Transform (B, C, H, W); same shape out."""
        x = relu_(self.conv1(x, blind=blind))
        x = relu_(self.conv2(x))
        x = relu_(self.conv3(x))
        for block in self.blocks:
            x = block(x)
        return relu_(self.conv4(x))


class CBSN(nn.Module):
    """Denoise, with (visible) or without (blind) seeing the pixel itself.

    Blind, output (i, j) does not depend on input (i, j): the network can only guess
    the pixel from its surroundings, so noise that is independent between pixels
    cannot be learnt. Visible, the whole masked kernels are used.

    Args:
        options: Width and depth; the paper's network by default (3,656,131
            parameters).
        generator: Source of the initial weights; torch's global one by default.

    Source:
        arXiv:2304.09507; ``CBSN`` in model.py of jyicu/CBSN at 37da7aa.

    Example:
        >>> net = CBSN(NetworkOptions(channels=8, blocks=2))
        >>> net(torch.zeros(1, 3, 12, 12), blind=True).shape
        torch.Size([1, 3, 12, 12])
    """

    normalised = True  # it works on zero mean and unit deviation per image and channel
    alignment = 1  # pictures may have any sides

    def __init__(
        self,
        options: NetworkOptions | None = None,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.options = options or NetworkOptions()
        channels = self.options.channels
        self.conv0 = nn.Conv2d(3, channels, 1)
        self.branch1 = Branch(self.options, kernel_size=3)
        self.branch2 = Branch(self.options, kernel_size=5)
        self.conv1 = nn.Conv2d(2 * channels, channels, 1)
        self.conv2 = nn.Conv2d(channels, HEAD_CHANNELS, 1)
        self.conv3 = nn.Conv2d(HEAD_CHANNELS, HEAD_CHANNELS, 1)
        self.conv4 = nn.Conv2d(HEAD_CHANNELS, 3, 1)
        _initialise(self, generator)

    def forward(self, x: Tensor, blind: bool = False) -> Tensor:
        """Denoise a batch.

        Args:
            x: (B, 3, H, W), normalised intensity (zero mean, unit deviation per
                image and channel).
            blind: Hide from every output pixel the input pixel at its place.

        Returns:
            (B, 3, H, W), normalised intensity.
        """
        x = relu_(self.conv0(x))
        branches = [self.branch1(x, blind=blind), self.branch2(x, blind=blind)]
        return self.head(torch.cat(branches, dim=1))

    def head(self, x: Tensor) -> Tensor:
        """Join the branches: (B, 2 C, H, W) in, (B, 3, H, W) out."""
        x = relu_(self.conv1(x))
        x = relu_(self.conv2(x))
        x = relu_(self.conv3(x))
        return self.conv4(x)  # type: ignore[no-any-return]

    @property
    def live_channels(self) -> int:
        """Channels per pixel that a forward pass holds at once, about."""
        return LIVE_FEATURE_MAPS * self.options.channels

    @property
    def receptive_radius(self) -> int:
        """Pixels to each side that an output pixel depends on (29 for 9 blocks)."""
        return 2 + 3 * self.options.blocks

    @property
    def num_parameters(self) -> int:
        """Trainable numbers in the network."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates per pixel: every kernel weight is used once."""
        return sum(p.numel() for p in self.parameters() if p.ndim > 1)


def _initialise(net: nn.Module, generator: torch.Generator | None) -> None:
    """He-normal weights as released: truncated for plain, whole for masked kernels."""
    for module in net.modules():
        if isinstance(module, CentreMaskedConv):
            std = math.sqrt(2 / module.weight[0].numel())
            nn.init.normal_(module.weight, std=std, generator=generator)
        elif isinstance(module, nn.Conv2d):
            assert module.bias is not None
            std = math.sqrt(2 / module.weight[0].numel()) / TRUNCATED_NORMAL_STD
            nn.init.trunc_normal_(
                module.weight, std=std, a=-2 * std, b=2 * std, generator=generator
            )
            nn.init.zeros_(module.bias)
