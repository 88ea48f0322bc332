"""Ways to take an image apart on a grid of stride s, and to put it back."""

import torch
from torch import Tensor


def space_to_batch(x: Tensor, stride: int) -> Tensor:
    """Split every image into its stride * stride sub-images, stacked as a batch.

    Sub-image (i, j) holds the pixels at rows i, i + s, ... and columns j, j + s, ...
    Neighbours in a sub-image are s pixels apart in the image: noise that is
    correlated over fewer than s pixels is independent there.

    Args:
        x: (B, C, H, W), H and W multiples of stride; any range.
        stride: Pixels between neighbours of a sub-image, at least 1.

    Returns:
        (stride * stride * B, C, H / stride, W / stride), sub-image-major: all images'
        sub-image (0, 0) first, then (0, 1), as TensorFlow's ``space_to_batch_nd``.

    Raises:
        ValueError: H or W is not a multiple of stride.
    """
    batch, channels, height, width = x.shape
    _check_divisible(height, width, stride)
    rows, columns, sub_images = height // stride, width // stride, stride * stride
    if _is_channels_last(x):  # copied once, pixel by pixel, and stays channels-last
        pixels = x.permute(0, 2, 3, 1).reshape(
            batch, rows, stride, columns, stride, channels
        )
        return (
            pixels.permute(2, 4, 0, 1, 3, 5)
            .reshape(sub_images * batch, rows, columns, channels)
            .permute(0, 3, 1, 2)
        )
    cells = x.reshape(batch, channels, rows, stride, columns, stride)
    return cells.permute(3, 5, 0, 1, 2, 4).reshape(
        sub_images * batch, channels, rows, columns
    )


def batch_to_space(x: Tensor, stride: int) -> Tensor:
    """Put sub-images back together: the inverse of :func:`space_to_batch`.

    Args:
        x: (stride * stride * B, C, H, W), sub-image-major; any range.
        stride: The stride they were taken apart with.

    Returns:
        (B, C, H * stride, W * stride).

    Raises:
        ValueError: The batch is not a multiple of stride * stride.
    """
    sub_images, channels, height, width = x.shape
    if sub_images % (stride * stride):
        raise ValueError(
            f"A batch of {sub_images} sub-images cannot be put together at stride "
            f"{stride}: expected a multiple of {stride * stride}."
        )
    batch = sub_images // (stride * stride)
    if _is_channels_last(x):
        pixels = x.permute(0, 2, 3, 1).reshape(
            stride, stride, batch, height, width, channels
        )
        return (
            pixels.permute(2, 3, 0, 4, 1, 5)
            .reshape(batch, height * stride, width * stride, channels)
            .permute(0, 3, 1, 2)
        )
    cells = x.reshape(stride, stride, batch, channels, height, width)
    return cells.permute(2, 3, 4, 0, 5, 1).reshape(
        batch, channels, height * stride, width * stride
    )


def random_subsample(x: Tensor, picks: Tensor, stride: int) -> Tensor:
    """Keep one pixel of every stride * stride cell: the one that ``picks`` names.

    Args:
        x: (B, C, H, W), H and W multiples of stride; any range.
        picks: (B, H / stride, W / stride), integers in 0 .. stride * stride - 1,
            row-major inside the cell (at stride 2: 1 is the upper right pixel).
        stride: Side of a cell, pixels.

    Returns:
        (B, C, H / stride, W / stride), the picked pixels in their cells' order.

    Raises:
        ValueError: H or W is not a multiple of stride, or picks has another shape.

    Source:
        ``make_subimage_from_mask`` in dataprocess.py of jyicu/CBSN at 37da7aa.
    """
    batch, channels, height, width = x.shape
    _check_divisible(height, width, stride)
    rows, columns = height // stride, width // stride
    if picks.shape != (batch, rows, columns):
        raise ValueError(
            f"picks has shape {tuple(picks.shape)}; images {tuple(x.shape)} at stride "
            f"{stride} need one pick per cell: {(batch, rows, columns)}."
        )
    cells = x.reshape(batch, channels, rows, stride, columns, stride)
    candidates = cells.permute(0, 1, 2, 4, 3, 5).reshape(
        batch, channels, rows, columns, stride * stride
    )
    index = picks.long()[:, None, :, :, None].expand(-1, channels, -1, -1, 1)
    return torch.gather(candidates, 4, index).squeeze(4)


def _is_channels_last(x: Tensor) -> bool:
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


def _check_divisible(height: int, width: int, stride: int) -> None:
    if height % stride or width % stride:
        raise ValueError(
            f"Images of {height} x {width} pixels cannot be subsampled at stride "
            f"{stride}: height and width must be multiples of it."
        )
