"""The batch of any step, drawn so that the step number alone decides it.

Nothing here has a state: the batch of step 1,000 is the same whether the 999 before
it were drawn or not, and on which device. That is what lets a resumed run go on bit
for bit. Every rank of several draws its own part of the same batch.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cbsn_pipeline.cbsn.normalisation import normalise
from cbsn_pipeline.training.data.crops import draw_crops, draw_picks
from cbsn_pipeline.training.hardware.ranks import ALONE, Ranks
from cbsn_pipeline.training.options import TrainOptions

logger = logging.getLogger(__name__)

EPOCHS_REMEMBERED = 2
GROUP_STEPS = 16  # steps drawn at once: a GPU's small operations cost the same for all
GROUP_BYTES = 64 << 20
CPU = torch.device("cpu")


class PatchSource(Protocol):
    """Noisy patches to train on."""

    @property
    def digest(self) -> str:
        """Digest of the data the patches were cut from."""

    @property
    def fingerprint(self) -> str:
        """Hash of that digest and of how the patches were cut."""

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


class _Group(NamedTuple):
    """Consecutive steps, whose batches are drawn at once."""

    indices: Tensor
    """(steps * B,), int64: place of each crop's patch in ``patches``."""
    samples: Tensor
    """(steps * B,), int64: number of each crop in the whole training."""
    patches: Tensor
    """(N, P, P, 3): those of the steps, or, resident on the device, all."""


class Batches:
    """The batch of any step, from a source of patches.

    Every epoch visits every patch once in a new order, over all images at once.

    Args:
        source: The patches.
        options: Crop size, batch size, strides and seed.
        device: Where batches are wanted.
        resident: Keep all patches on the device instead of reading them as needed.
        ranks: Which part of every batch is ours.

    Raises:
        ValueError: There are no patches, or they are smaller than a crop, or a batch
            cannot be shared equally.
    """

    def __init__(
        self,
        source: PatchSource,
        options: TrainOptions,
        *,
        device: torch.device = CPU,
        resident: bool = False,
        ranks: Ranks = ALONE,
    ) -> None:
        _check_source(source, options)
        self._source = source
        self._options = options
        self._device = device
        self._places = ranks.share(options.batch_size)
        self._orders: OrderedDict[int, NDArray[np.int64]] = OrderedDict()
        self._group_steps = _group_steps(source, options)
        self._resident = _load_all(source, device) if resident else None

    @property
    def digest(self) -> str:
        """Digest of the data the patches were cut from."""
        return self._source.digest

    @property
    def fingerprint(self) -> str:
        """Hash of that digest and of how the patches were cut."""
        return self._source.fingerprint

    def __getitem__(self, step: int) -> Batch:
        """Draw our part of the batch of ``step``, counted from 0."""
        start, place = self._group_of(step)
        return self._draw(self._read(start))[place]

    def describe(self, step: int) -> str:
        """Name the patches of a step's batch, all ranks' parts included."""
        return "; ".join(self._source.describe(i) for i in self.patches_of(step))

    def patches_of(self, step: int) -> list[int]:
        """Index of the patch of every crop of a step's batch, all ranks' included."""
        first = step * self._options.batch_size
        samples = range(first, first + self._options.batch_size)
        return [self._patch_of(sample) for sample in samples]

    def prefetch(self, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of steps ``start`` to ``stop`` - 1.

        The patches of the next steps are read while the present ones are trained on.
        """
        if start >= stop:
            return
        first, place = self._group_of(start)
        with ThreadPoolExecutor(max_workers=1) as worker:
            reading = worker.submit(self._read, first)
            for begin in range(first, stop, self._group_steps):
                group = reading.result()
                following = begin + self._group_steps
                if following < stop:
                    reading = worker.submit(self._read, following)
                yield from self._draw(group)[place : stop - begin]
                place = 0

    def _group_of(self, step: int) -> tuple[int, int]:
        """First step of the group that ``step`` is in, and its place there.

        Groups begin at the same steps whatever step a run resumes at: a batch must
        not depend, in its last bit, on which others it was drawn with.
        """
        place = step % self._group_steps
        return step - place, place

    def _read(self, start: int) -> _Group:
        """Collect what the steps from ``start`` need, on the host."""
        size = self._options.batch_size
        steps = range(start, start + self._group_steps)
        samples = [step * size + place for step in steps for place in self._places]
        indices = [self._patch_of(sample) for sample in samples]
        patches = self._resident
        if patches is None:
            patches = torch.from_numpy(np.stack([self._source[i] for i in indices]))
            indices = list(range(len(indices)))
        group = _Group(torch.tensor(indices), torch.tensor(samples), patches)
        if self._device.type != "cuda":
            return group
        return group._replace(  # from pinned memory a copy does not hold up the host
            indices=group.indices.pin_memory(),
            samples=group.samples.pin_memory(),
            patches=patches if self._resident is not None else patches.pin_memory(),
        )

    def _draw(self, group: _Group) -> list[Batch]:
        """Cut, turn and normalise the crops of a group of steps, on the device."""
        options = self._options
        samples = group.samples.to(self._device, non_blocking=True)
        crops = draw_crops(
            group.patches.to(self._device, non_blocking=True),
            group.indices.to(self._device, non_blocking=True),
            samples,
            crop_size=options.crop_size,
            seed=options.seed,
        )
        normalised, _, _ = normalise(crops)
        picks = draw_picks(
            samples,
            cells=options.crop_size // options.invariance_stride,
            stride=options.invariance_stride,
            seed=options.seed,
            same=options.subsampler == "unshuffle",
        )
        per_step = len(self._places)
        parts = [slice(at, at + per_step) for at in range(0, len(samples), per_step)]
        return [Batch(normalised[part], picks[part]) for part in parts]

    def _patch_of(self, sample: int) -> int:
        """Index of the patch that a crop, numbered over the training, is cut from."""
        epoch, place = divmod(sample, len(self._source))
        return int(self._order(epoch)[place])

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Order of the patches in an epoch; the last two epochs' are kept."""
        order = self._orders.get(epoch)
        if order is None:
            rng = np.random.default_rng([self._options.seed, epoch])
            order = self._orders[epoch] = rng.permutation(len(self._source))
            while len(self._orders) > EPOCHS_REMEMBERED:
                self._orders.popitem(last=False)
        return order


def patches_bytes(source: PatchSource) -> int:
    """Bytes that all patches of a source take in memory."""
    return len(source) * source[0].nbytes


def _group_steps(source: PatchSource, options: TrainOptions) -> int:
    """Steps to draw at once; not more than their patches and crops may take."""
    crop_bytes = options.crop_size**2 * (3 * 4 + 2 * 8)  # pixels, and their places
    step_bytes = options.batch_size * (source[0].nbytes + crop_bytes)
    return min(GROUP_STEPS, max(1, GROUP_BYTES // step_bytes))


def _load_all(source: PatchSource, device: torch.device) -> Tensor:
    """Copy every patch to the device, (N, P, P, 3), one by one."""
    gibibytes = patches_bytes(source) / 2**30
    logger.info("Copying %d patches to %s: %.2f GiB.", len(source), device, gibibytes)
    first = torch.from_numpy(source[0])
    patches = torch.empty(len(source), *first.shape, dtype=first.dtype, device=device)
    for index in range(len(source)):
        patches[index] = torch.from_numpy(source[index])
    return patches


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
