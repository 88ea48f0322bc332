"""Crops for a training step, drawn so that the step number alone decides them.

Nothing here has a state: the batch of step 1,000 is the same whether the 999 before
it were drawn or not. That is what lets a resumed run go on bit for bit.
"""

from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cbsn_pipeline.cbsn.normalisation import normalise
from cbsn_pipeline.imaging.quantise import to_unit
from cbsn_pipeline.training.options import TrainOptions

ORDER, CROP = 0, 1  # streams of random numbers that must not meet
ROTATIONS = 4
AUGMENTATIONS = 8
EPOCHS_REMEMBERED = 2


class PatchSource(Protocol):
    """Noisy patches to train on."""

    @property
    def digest(self) -> str:
        """Digest of the data the patches were cut from."""

    def __len__(self) -> int:
        """Number of patches."""

    def __getitem__(self, index: int) -> NDArray[Any]:
        """Patch (P, P, 3), uint8, or float32 in [0, 1]."""

    def describe(self, index: int) -> str:
        """Name the image and the place a patch was cut from."""


class Batch(NamedTuple):
    """What one step trains on."""

    crops: Tensor
    """(B, 3, crop, crop), float32, normalised intensity."""
    picks: Tensor
    """(B, crop / s, crop / s), choices of the random subsampler of stride s."""
    patches: tuple[int, ...]
    """Index of the patch that each crop was cut from."""


class Batches:
    """The batch of any step, from a source of patches.

    Every epoch visits every patch once in a new order, over all images at once.

    Args:
        source: The patches.
        options: Crop size, batch size, strides and seed.

    Raises:
        ValueError: There are no patches, or they are smaller than a crop.
    """

    def __init__(self, source: PatchSource, options: TrainOptions) -> None:
        _check_source(source, options)
        self._source = source
        self._options = options
        self._orders: OrderedDict[int, NDArray[np.int64]] = OrderedDict()

    @property
    def digest(self) -> str:
        """Digest of the data the patches were cut from."""
        return self._source.digest

    def __getitem__(self, step: int) -> Batch:
        """Draw the batch of ``step``, counted from 0."""
        size = self._options.batch_size
        draws = [self._draw(step * size + place) for place in range(size)]
        crops = torch.from_numpy(np.stack([crop for crop, _, _ in draws]))
        normalised, _, _ = normalise(crops.permute(0, 3, 1, 2).contiguous())
        picks = torch.from_numpy(np.stack([picks for _, picks, _ in draws]))
        return Batch(normalised, picks, tuple(index for _, _, index in draws))

    def describe(self, step: int) -> str:
        """Name the patches of a step's batch."""
        return "; ".join(self._source.describe(index) for index in self[step].patches)

    def prefetch(self, start: int, stop: int, *, ahead: int = 4) -> Iterator[Batch]:
        """Yield the batches of steps ``start`` to ``stop`` - 1, drawn ahead of time."""
        steps = iter(range(start, stop))
        with ThreadPoolExecutor(max_workers=1) as worker:
            pending = [worker.submit(self.__getitem__, s) for s in islice(steps, ahead)]
            try:
                while pending:
                    batch = pending.pop(0).result()
                    pending += [
                        worker.submit(self.__getitem__, s) for s in islice(steps, 1)
                    ]
                    yield batch
            finally:
                worker.shutdown(cancel_futures=True)

    def _draw(self, sample: int) -> tuple[NDArray[np.float32], NDArray[np.uint8], int]:
        """Cut, turn and flip the ``sample``-th crop of the whole training."""
        options = self._options
        epoch, place = divmod(sample, len(self._source))
        index = int(self._order(epoch)[place])
        rng = np.random.default_rng([options.seed, CROP, sample])
        patch = self._source[index]
        row = rng.integers(patch.shape[0] - options.crop_size + 1)
        column = rng.integers(patch.shape[1] - options.crop_size + 1)
        crop = patch[row : row + options.crop_size, column : column + options.crop_size]
        crop = augment(crop, int(rng.integers(AUGMENTATIONS)))
        cells = options.crop_size // options.invariance_stride
        picks = rng.integers(
            options.invariance_stride**2, size=(cells, cells), dtype=np.uint8
        )
        return to_unit(crop), picks, index

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Order of the patches in an epoch; the last two epochs' are kept."""
        if epoch not in self._orders:
            rng = np.random.default_rng([self._options.seed, ORDER, epoch])
            self._orders[epoch] = rng.permutation(len(self._source))
            while len(self._orders) > EPOCHS_REMEMBERED:
                self._orders.popitem(last=False)
        return self._orders[epoch]


def augment(crop: NDArray[Any], choice: int) -> NDArray[Any]:
    """Turn and mirror a square crop in one of the eight possible ways.

    Args:
        crop: (S, S, 3); any range.
        choice: 0 to 7: quarter turns anticlockwise, plus 4 to mirror left-right
            after turning.

    Returns:
        A view of the crop, same shape.

    Source:
        ``augment`` in dataprocess.py of jyicu/CBSN at 37da7aa.
    """
    turned = np.rot90(crop, choice % ROTATIONS)
    return turned[:, ::-1] if choice >= ROTATIONS else turned


def _check_source(source: PatchSource, options: TrainOptions) -> None:
    if len(source) == 0:
        raise ValueError(
            "There are no patches to train on: the patches file is empty. Were all "
            "images smaller than patch_size plus borders? See docs/data.md."
        )
    height, width = source[0].shape[:2]
    if min(height, width) < options.crop_size:
        raise ValueError(
            f"Patches of {height} x {width} pixels are smaller than crop_size "
            f"{options.crop_size}: lower train.crop_size or raise patches.patch_size."
        )
