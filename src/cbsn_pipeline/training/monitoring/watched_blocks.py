"""What a training is watched with: held-out blocks with their truth, or patches."""

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.imaging.quantise import as_scored
from cbsn_pipeline.training.data.batches import PatchSource

Blocks = NDArray[np.uint8]

PATCH_PX = 256  # side at most of a patch that is watched; the middle of a larger one


class HeldOutScore(NamedTuple):
    """Score of one moment of the training."""

    psnr_db: float | None
    """Mean over the blocks of the per-block PSNR; None without clean twins."""
    denoised: Blocks
    """(N, H, W, 3), uint8."""


class WatchedBlocks:
    """A fixed subset of noisy blocks, with their clean twins where there are any.

    Clean twins are never trained on, and never choose a checkpoint.

    Args:
        noisy: (N, H, W, 3), uint8.
        clean: Same shape; None where nothing clean is there.
        indices: Place of each block in the whole set, flattened.
        total: Blocks in the whole set.
    """

    def __init__(
        self, noisy: Blocks, clean: Blocks | None, indices: list[int], total: int
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
        places = _spread(total, count)
        block_shape = noisy.shape[2:]
        return cls(
            noisy.reshape(total, *block_shape)[places],
            clean.reshape(total, *block_shape)[places],
            places,
            total,
        )

    @classmethod
    def of_patches(cls, source: PatchSource, *, count: int) -> Self:
        """Take ``count`` patches that are trained on: nothing clean is known of them.

        Args:
            source: Patches, (P, P, 3), uint8, or float32 in [0, 1].
            count: Patches wanted; all of them when there are fewer.
        """
        places = _spread(len(source), count)
        middles = [as_scored(_middle(source[place])) for place in places]
        return cls(np.stack(middles), None, places, len(source))

    def score(self, net: CBSN) -> HeldOutScore:
        """Denoise the blocks as the authors validate: visible, no padding."""
        denoised = Denoiser(net).denoise_blocks(self.noisy)
        return HeldOutScore(self._mean_psnr(denoised), denoised)

    def noisy_psnr(self) -> float | None:
        """Mean PSNR of the noisy blocks, dB; None without clean twins."""
        return self._mean_psnr(self.noisy)

    def picture(self, denoised: Blocks, place: int) -> Blocks:
        """Noisy, denoised and, where known, clean block side by side, uint8."""
        shown = [self.noisy[place], denoised[place]]
        if self.clean is not None:
            shown.append(self.clean[place])
        return np.concatenate(shown, axis=1)

    def _mean_psnr(self, blocks: Blocks) -> float | None:
        if self.clean is None:
            return None
        pairs = zip(blocks, self.clean, strict=True)
        return float(np.mean([psnr(block, clean) for block, clean in pairs]))


def _spread(total: int, count: int) -> list[int]:
    places: list[int] = (
        np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist()
    )
    return places


def _middle(patch: NDArray[Any]) -> NDArray[Any]:
    """Cut the middle square out of (P, P, 3)."""
    start = max(0, (patch.shape[0] - PATCH_PX) // 2)
    return patch[start : start + PATCH_PX, start : start + PATCH_PX]
