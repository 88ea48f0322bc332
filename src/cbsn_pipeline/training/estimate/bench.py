"""A few real steps of a training on random patches: how long, how much memory."""

import gc
import logging
import math
import time
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cbsn_pipeline.host_memory import (
    current_rss,
    forget_peak_rss,
    peak_rss,
    trim_heap,
)
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.fast_step import EAGER_STEPS, fast_step
from cbsn_pipeline.training.hardware.device import without_kernel_search
from cbsn_pipeline.training.hardware.memory_errors import is_out_of_memory
from cbsn_pipeline.training.hardware.speed import Speed
from cbsn_pipeline.training.loop import StepReport, train_steps
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import new_trainer_state

logger = logging.getLogger(__name__)

SECONDS = 30.0  # of measuring, at most, but for the last step that was begun
ENOUGH_STEPS, ENOUGH_SECONDS = 30, 5.0  # both together end the measurement sooner
WARM_UP_STEPS, WARM_UP_SECONDS = 10, 10.0
NO_END = 100_000  # steps; none of the limits above lets so many be taken
SYNCHRONISE_EVERY = 5  # steps; a GPU's host would run ahead of the clock
PATCH_SIZE, NUM_PATCHES = 256, 16  # pixels; patches are larger where crops are


class Size(NamedTuple):
    """What one process trains on in one step."""

    batch_size: int
    crop_size: int

    @property
    def pixels(self) -> int:
        """Of all crops."""
        return self.batch_size * self.crop_size**2

    def __str__(self) -> str:
        crops = "1 crop" if self.batch_size == 1 else f"{self.batch_size} crops"
        return f"{crops} of {self.crop_size} x {self.crop_size}"


class Trial(NamedTuple):
    """A few steps of one size."""

    size: Size
    warm_up_seconds: float
    """What compiling, choosing kernels and recording took."""
    steps: int
    seconds: float
    peak_bytes: int
    """Of a GPU, what tensors took; of a CPU, what the process grew by."""
    reserved_bytes: int | None
    """Of a GPU, with what PyTorch keeps for later; None of a CPU."""


Bounds = tuple[int | None, float]
"""Steps at most, and seconds after which none is begun."""


class RandomPatches:
    """A source of patches to measure with: no time depends on what they show."""

    digest = fingerprint = "random"

    def __init__(self, crop_size: int) -> None:
        side = max(PATCH_SIZE, crop_size)
        rng = np.random.default_rng(0)
        self._patch = rng.integers(256, size=(side, side, 3), dtype=np.uint8)

    def __len__(self) -> int:
        return NUM_PATCHES

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """Give the patch, (P, P, 3)."""
        return self._patch

    def describe(self, index: int) -> str:
        """Say that these random patches come from no image."""
        return f"random patch {index}"


class Bench:
    """Takes a few steps of any size on one device.

    Args:
        options: Of the training; batch and crop are those of each trial.
        speed: How the steps are taken.
        device: Where.
    """

    def __init__(
        self, options: TrainOptions, speed: Speed, device: torch.device
    ) -> None:
        self._options = options
        self._speed = speed
        self._device = device
        self._clear()
        self._rss = current_rss()  # what peaks are counted from

    def measure(self, size: Size) -> Trial | None:
        """Time steps as they will be taken; None where memory runs out."""
        logger.info("Measuring steps on %s, on %s.", size, self._device)
        return self._attempt(
            size, self._speed, (WARM_UP_STEPS, WARM_UP_SECONDS), (None, SECONDS)
        )

    def probe(self, size: Size) -> Trial | None:
        """Take as many steps as memory needs to peak; None where it runs out.

        Nothing is compiled, and no fastest kernel searched: that takes up to a minute
        for each size, and memory no more.
        """
        speed = self._speed._replace(compile=False, patches_on_device=False)
        before = EAGER_STEPS if speed.cuda_graphs else 1  # one makes Adam's state
        with without_kernel_search():
            return self._attempt(size, speed, (before, math.inf), (1, math.inf))

    def _attempt(
        self, size: Size, speed: Speed, warm_up: tuple[int, float], measured: Bounds
    ) -> Trial | None:
        self._clear()
        try:
            return self._take_steps(size, speed, warm_up, measured)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            logger.info("%s: too much for the memory of %s.", size, self._device)
        finally:
            self._clear()  # the error, and all it was raised among, is gone by now
        return None

    def _take_steps(
        self, size: Size, speed: Speed, warm_up: tuple[int, float], measured: Bounds
    ) -> Trial:
        update = {**size._asdict(), "steps": NO_END}
        options = self._options.model_copy(update=update)
        trainer = new_trainer_state(options, self._device, speed)
        batches = Batches(
            RandomPatches(size.crop_size),
            options,
            device=self._device,
            resident=speed.patches_on_device,
        )
        take_step = fast_step(trainer, options, speed)
        reports = train_steps(trainer, batches, options, take_step=take_step)
        prepared = warm_up_steps(reports, self._device, *warm_up)
        steps, seconds = time_steps(reports, self._device, *measured)
        return Trial(size, prepared, steps, seconds, *self._peak())

    def _peak(self) -> tuple[int, int | None]:
        if self._device.type == "cuda":
            allocated = torch.cuda.max_memory_allocated(self._device)
            return allocated, torch.cuda.max_memory_reserved(self._device)
        return max(0, peak_rss() - self._rss), None

    def _clear(self) -> None:
        """Give back what the last trial left, and look for the peak anew."""
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self._device)
        else:
            trim_heap()
            forget_peak_rss()


def warm_up_steps(
    reports: Iterator[StepReport],
    device: torch.device,
    most: int,
    seconds: float = math.inf,
) -> float:
    """Take steps until everything that later ones need is there.

    What the first one took of a GPU's memory is forgotten: the search for the fastest
    kernels fills all that is free.

    Args:
        reports: Of a training, which takes its steps as they are asked for.
        device: Where it does.
        most: Steps, at least one.
        seconds: No step is begun after that, but for the first, and on a GPU those
            up to the recording.

    Returns:
        The seconds they took.
    """
    _, first = time_steps(reports, device, 1, math.inf)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    if most == 1 or (device.type == "cpu" and first >= seconds):
        return first
    return first + time_steps(reports, device, most - 1, seconds - first)[1]


def time_steps(
    reports: Iterator[StepReport],
    device: torch.device,
    most: int | None = None,
    seconds: float = SECONDS,
) -> tuple[int, float]:
    """Take steps for a while.

    Args:
        reports: Of a training, which takes its steps as they are asked for.
        device: Where it does.
        most: Steps, at most. Without, some 30 steps and 5 seconds are enough.
        seconds: No step is begun after that.

    Returns:
        Steps taken, at least one, and the seconds until the device had done them.
    """
    every = SYNCHRONISE_EVERY if device.type == "cuda" else 1
    start, count = time.perf_counter(), 0
    for count, _ in enumerate(islice(reports, most), start=1):
        if count % every:
            continue
        synchronise(device)
        passed = time.perf_counter() - start
        enough = most is None and count >= ENOUGH_STEPS and passed >= ENOUGH_SECONDS
        if enough or passed >= seconds:
            break
    synchronise(device)
    return count, time.perf_counter() - start


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was told; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
