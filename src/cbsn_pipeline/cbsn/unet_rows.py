"""The student from top to bottom: some rows of a picture at a time.

A large picture is too large for memory and caches, and tiles of it would overlap by the
receptive field, which costs more than the tiles themselves. So every kernel keeps the
last rows that it was given until the next ones come: nothing is computed twice, and the
numbers are those of :class:`~cbsn_pipeline.cbsn.unet.UNet`.
"""

from collections import deque

import torch
from torch import Tensor, nn
from torch.backends import mkldnn
from torch.nn.functional import conv2d, pixel_shuffle, pixel_unshuffle

from cbsn_pipeline.cbsn.unet import FOLD, MIDDLE_GREY, ResidualBlock, UNet


class UNetByRows:
    """Denoises one picture, or a batch of one size, as ``net(x)`` does.

    Args:
        net: The network; its weights are used as they are.

    Example:
        >>> by_rows, x = UNetByRows(UNet()), torch.rand(1, 3, 96, 64)
        >>> above = by_rows(x[:, :, :64], last=False)
        >>> below = by_rows(x[:, :, 64:], last=True)
        >>> torch.cat([above, below], dim=2).shape
        torch.Size([1, 3, 96, 64])
    """

    def __init__(self, net: UNet) -> None:
        self._waiting = _Waiting()
        self._enter, self._leave = _Kernels(net.enter), _Kernels(net.leave)
        self._finest = _Level(net, 0)

    @torch.no_grad()  # memory is used again
    def __call__(self, x: Tensor, *, last: bool) -> Tensor:
        """Take the next rows and give those that are ready.

        Args:
            x: (B, 3, h, W), intensity in [0, 1]; h and W multiples of
                ``net.alignment``.
            last: Whether the picture ends here.

        Returns:
            (B, 3, h', W), at first of no rows; in the end as many as were taken.
        """
        self._waiting.put(x)
        features = self._enter(pixel_unshuffle(x - MIDDLE_GREY, FOLD), last)
        features = self._finest(features, last)
        return self._waiting.add_to(pixel_shuffle(self._leave(features, last), FOLD))


class _Level:
    """A level and those below it."""

    def __init__(self, net: UNet, level: int) -> None:
        self._encode = _Block(net.encode[level])
        self._lowest = level == len(net.down)
        if not self._lowest:
            self._halve = _Halve(_as_conv(net.down[level]))
            self._below = _Level(net, level + 1)
            self._up = _as_conv(net.up[level])
            self._decode = _Block(net.decode[level])
            self._skipped = _Waiting()

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        x = self._encode(x, last)
        if self._lowest:
            return x
        self._skipped.put(x)
        x = self._below(self._halve(x), last)
        x = self._skipped.add_to(pixel_shuffle(_convolve(self._up, x), 2))
        return self._decode(x, last)


class _Block:
    """A residual block."""

    def __init__(self, block: nn.Module) -> None:
        assert isinstance(block, ResidualBlock)
        self._conv1, self._conv2 = _Kernels(block.conv1), _Kernels(block.conv2)
        self._waiting = _Waiting()

    def __call__(self, x: Tensor, last: bool) -> Tensor:
        self._waiting.put(x)
        change = self._conv2(self._conv1(x, last), last, relu=True)
        return self._waiting.add_to(change)


class _Kernels:
    """3x3 kernels; a row comes out when the one below it is there."""

    def __init__(self, conv: nn.Conv2d) -> None:
        self._conv = conv
        self._kept: Tensor | None = None

    def __call__(self, x: Tensor, last: bool, *, relu: bool = False) -> Tensor:
        """Convolve, or the positive part of ``x`` where ``relu``: one copy for both."""
        above = 1 if self._kept is None else self._kept.shape[2]
        height = x.shape[2]
        size = (x.shape[0], x.shape[1], above + height + last, x.shape[3])
        rows = torch.empty(size, device=x.device, memory_format=torch.channels_last)
        rows[:, :, :above] = 0 if self._kept is None else self._kept
        rows[:, :, above + height :] = 0
        inside = rows[:, :, above : above + height]
        torch.clamp_min(x, 0, out=inside) if relu else inside.copy_(x)
        self._kept = rows[:, :, -2:].clone()
        return _convolve(self._conv, rows, padding=(0, 1))


class _Halve:
    """A kernel of 2 x 2 pixels; an odd row waits for the next one."""

    def __init__(self, down: nn.Conv2d) -> None:
        self._down = down
        self._odd: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        if self._odd is not None:
            x = torch.cat([self._odd, x], dim=2)
        even = x.shape[2] // 2 * 2
        self._odd = x[:, :, even:].clone() if even < x.shape[2] else None
        return _convolve(self._down, x[:, :, :even])


class _Waiting:
    """Rows that are added to others when those are ready."""

    def __init__(self) -> None:
        self._rows: deque[Tensor] = deque()

    def put(self, x: Tensor) -> None:
        self._rows.append(x)

    def add_to(self, x: Tensor) -> Tensor:
        """Add as many rows, in place."""
        done, height = 0, x.shape[2]
        while done < height:
            first = self._rows.popleft()
            count = min(first.shape[2], height - done)
            x[:, :, done : done + count] += first[:, :, :count]
            if count < first.shape[2]:
                self._rows.appendleft(first[:, :, count:])
            done += count
        return x


def _convolve(conv: nn.Conv2d, x: Tensor, padding: tuple[int, int] = (0, 0)) -> Tensor:
    """Convolve by the same kernels whatever the size.

    On a CPU torch has other ones for small inputs and single threads, which add in
    another order. Where there are not enough rows yet, none come out.
    """
    if x.shape[2] < conv.kernel_size[0]:
        width = (x.shape[3] + 2 * padding[1] - conv.kernel_size[1]) // conv.stride[1]
        return x.new_empty(x.shape[0], conv.out_channels, 0, width + 1)
    if x.device.type == "cpu" and mkldnn.is_available():  # type: ignore[no-untyped-call]
        return torch.mkldnn_convolution(
            x, conv.weight, conv.bias, padding, conv.stride, conv.dilation, conv.groups
        )
    return conv2d(x, conv.weight, conv.bias, stride=conv.stride, padding=padding)


def _as_conv(module: nn.Module) -> nn.Conv2d:
    assert isinstance(module, nn.Conv2d)
    return module
