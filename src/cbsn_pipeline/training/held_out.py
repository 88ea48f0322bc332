"""Held-out blocks with their truth: what a training is watched with."""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.imaging.metrics import psnr

Blocks = NDArray[np.uint8]


class HeldOutScore(NamedTuple):
    """Score of one moment of the training."""

    psnr_db: float
    """Mean over the blocks of the per-block PSNR."""
    denoised: Blocks
    """(N, H, W, 3), uint8."""


class HeldOutBlocks:
    """A fixed subset of noisy blocks and their clean twins.

    Its clean twins are never trained on, and it never chooses a checkpoint.

    Args:
        noisy: (N, H, W, 3), uint8.
        clean: Same shape.
        indices: Place of each block in the whole set, flattened.
        total: Blocks in the whole set.
    """

    def __init__(
        self, noisy: Blocks, clean: Blocks, indices: list[int], total: int
    ) -> None:
        self.noisy = noisy
        self.clean = clean
        self.indices = indices
        self.total = total

    @classmethod
    def choose(cls, noisy: Blocks, clean: Blocks, *, count: int) -> Self:
        """Take ``count`` blocks spread evenly over all of them.

        Args:
            noisy: (images, blocks, H, W, 3), uint8.
            clean: Same shape.
            count: Blocks wanted; all of them when there are fewer.

        Raises:
            ValueError: The shapes differ.
        """
        if noisy.shape != clean.shape:
            raise ValueError(
                f"Held-out noisy blocks have shape {noisy.shape}, their clean twins "
                f"{clean.shape}: expected the same. Are both files of one set?"
            )
        total = noisy.shape[0] * noisy.shape[1]
        places = np.linspace(0, total - 1, min(count, total)).round().astype(int)
        block_shape = noisy.shape[2:]
        return cls(
            noisy.reshape(total, *block_shape)[places],
            clean.reshape(total, *block_shape)[places],
            places.tolist(),
            total,
        )

    def score(self, net: CBSN) -> HeldOutScore:
        """Denoise the blocks as the authors validate: visible, no padding."""
        denoised = Denoiser(net).denoise_blocks(self.noisy)
        return HeldOutScore(self._mean_psnr(denoised), denoised)

    def noisy_psnr(self) -> float:
        """Mean PSNR of the noisy blocks, dB."""
        return self._mean_psnr(self.noisy)

    def picture(self, denoised: Blocks, place: int) -> Blocks:
        """Noisy, denoised and clean block side by side, (H, 3 * W, 3), uint8."""
        return np.concatenate(
            [self.noisy[place], denoised[place], self.clean[place]], axis=1
        )

    def _mean_psnr(self, blocks: Blocks) -> float:
        pairs = zip(blocks, self.clean, strict=True)
        return float(np.mean([psnr(block, clean) for block, clean in pairs]))
