"""Pictures with reflected edges, made into what networks read piece by piece."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cbsn_pipeline.imaging.quantise import to_unit

ROWS_AT_ONCE = 256  # of a picture, when its statistics are taken

Pictures = NDArray[np.generic]  # (B, H, W, 3), uint8, uint16 or float32 in [0, 1]


class PaddedPictures:
    """Pictures of one size, never in memory as floats.

    Args:
        pictures: (B, H, W, 3), uint8, uint16 or floating point in [0, 1].
        padding: Pixels to reflect at every edge.
        unit: Sides are multiples of this: more is reflected below and on the right.
        normalised: Read zero mean and unit deviation per picture and channel, as
            :func:`~cbsn_pipeline.cbsn.normalisation.normalise` gives them, instead of
            intensities in [0, 1].
    """

    def __init__(
        self, pictures: Pictures, *, padding: int, unit: int, normalised: bool
    ) -> None:
        self.padding = padding
        self._pictures = pictures
        self._down, self._along = (
            np.pad(
                np.arange(side),
                (padding, padding + -(side + 2 * padding) % unit),
                mode="reflect",
            )
            for side in pictures.shape[1:3]
        )
        self._statistics = _statistics(pictures) if normalised else None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number, height and width, with what is reflected."""
        return len(self._pictures), len(self._down), len(self._along)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, without."""
        return self._pictures.shape[1], self._pictures.shape[2]

    def read(self, rows: slice, columns: slice) -> Tensor:
        """Read (B, 3, h, w), channels-last, on the CPU."""
        seen = self._pictures[:, self._down[rows]].take(self._along[columns], axis=2)
        x = torch.from_numpy(to_unit(seen)).permute(0, 3, 1, 2)
        if self._statistics is None:
            return x
        mean, deviation = self._statistics
        return (x - mean) / deviation

    def to_intensity(self, x: Tensor) -> Tensor:
        """Undo the normalisation of (B, 3, h, w), if there is one."""
        if self._statistics is None:
            return x
        mean, deviation = self._statistics
        return x * deviation + mean


def _statistics(pictures: Pictures) -> tuple[Tensor, Tensor]:
    """Mean and deviation, (B, 3, 1, 1) both; summed in float64, in pieces."""
    count = pictures.shape[1] * pictures.shape[2]
    starts = range(0, pictures.shape[1], ROWS_AT_ONCE)
    pieces = [pictures[:, start : start + ROWS_AT_ONCE] for start in starts]
    sums = [to_unit(piece).sum((1, 2), keepdims=True, dtype=float) for piece in pieces]
    mean = sum(sums) / count
    squares = [
        np.square(to_unit(piece) - mean).sum((1, 2), keepdims=True) for piece in pieces
    ]
    deviation = np.maximum(np.sqrt(sum(squares) / count), 1 / math.sqrt(count))
    return _to_tensor(mean), _to_tensor(deviation)


def _to_tensor(statistic: NDArray[np.float64]) -> Tensor:
    """(B, 1, 1, 3) to (B, 3, 1, 1)."""
    return torch.from_numpy(statistic.astype(np.float32)).permute(0, 3, 1, 2)
