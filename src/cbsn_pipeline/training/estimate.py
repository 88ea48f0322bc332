"""What a training would take on this machine: real steps of it, on random patches."""

import gc
import logging
import math
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.host_memory import (
    available_memory,
    current_rss,
    forget_peak_rss,
    peak_rss,
    trim_heap,
)
from cbsn_pipeline.training.batches import Batches
from cbsn_pipeline.training.conduct import is_out_of_memory
from cbsn_pipeline.training.device import choose_device, tune
from cbsn_pipeline.training.fast_step import EAGER_STEPS, fast_step
from cbsn_pipeline.training.launch import num_devices
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.ranks import Ranks
from cbsn_pipeline.training.speed import Speed, choose_speed
from cbsn_pipeline.training.steps import StepReport, train_steps
from cbsn_pipeline.training.trainee import new_trainee

logger = logging.getLogger(__name__)

SECONDS = 30.0  # of measuring, at most, but for the last step that was begun
ENOUGH_STEPS, ENOUGH_SECONDS = 30, 5.0  # both together end the measurement sooner
WARM_UP_STEPS, WARM_UP_SECONDS = 10, 10.0
NO_END = 100_000  # steps; none of the limits above lets so many be taken
SEARCH_SECONDS = 90.0  # for the largest batch, and again for the largest crop
SYNCHRONISE_EVERY = 5  # steps; a GPU's host would run ahead of the clock
PATCH_SIZE, NUM_PATCHES = 256, 16  # pixels, unless crops are larger
MOST_CROPS, MOST_PIXELS_PER_SIDE = 4096, 4096  # nobody asks for more
SAFE_PIXELS = 256 * 256  # of a step; a quarter of it is tried on a CPU unasked
USABLE = 0.9  # of a host's memory: the rest is for other programs


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


class Largest(NamedTuple):
    """The largest batch or crop that memory suffices for."""

    number: int
    more_may_fit: bool = False
    """Whether the search ended before a larger one failed."""


Bounds = tuple[int | None, float]
"""Steps at most, and seconds after which none is begun."""

Findings = tuple[Trial | None, Largest | None, Largest | None]
"""Steps of the wished size, and how many crops per step and units per side fit."""


class Estimate(NamedTuple):
    """What was found out about a training."""

    device: str
    processes: int
    parameters: int
    speed: Speed
    step_flop: float
    trial: Trial | None
    """Steps of the wished size; None where memory does not suffice."""
    available_bytes: int
    """Memory that was free before, for this process."""
    batch: Largest | None
    """Crops per step, of all processes; None where it cannot be told."""
    crop: Largest | None
    """Pixels per side."""
    tried: bool
    """Whether both were really tried, not extrapolated from smaller ones."""


def estimate(options: TrainOptions) -> Estimate:
    """Measure a few steps of a training; a minute or two.

    Of several processes one is measured, alone, with its share of the batch.

    Args:
        options: Of the training.

    Raises:
        ValueError: The options cannot be had, as in training.
    """
    device = choose_device(options.device)
    local = num_devices(options)
    processes = local * options.hosts
    tune(device, options.speed.threads, processes=local)
    net = CBSN(options.network)
    speed = choose_speed(options, net, device, ranks=processes)
    share = Ranks(size=processes).share(options.batch_size)
    wished = Size(len(share), options.crop_size)
    unit = crop_unit(options, speed)
    bench = Bench(options, speed, device)
    if device.type == "cuda":
        available, _ = torch.cuda.mem_get_info(device)
        trial, batch, crop = try_sizes(bench, wished, unit)
    else:
        available = available_memory() // local
        trial, batch, crop = extrapolate_sizes(bench, wished, unit, available)
    return Estimate(
        device=_name(device),
        processes=processes,
        parameters=net.num_parameters,
        speed=speed,
        step_flop=step_flop(options, net),
        trial=trial,
        available_bytes=available,
        batch=batch and batch._replace(number=batch.number * processes),
        crop=crop and crop._replace(number=crop.number * unit),
        tried=device.type == "cuda",
    )


def step_flop(options: TrainOptions, net: CBSN) -> float:
    """Count the floating-point operations of the convolutions of one step.

    Two passes with gradients, forward and twice that backward, and one without over
    the subsampled crops; a multiply-accumulate is two operations.
    """
    passes = 3 * 2 + 1 / options.invariance_stride**2
    pixels = options.batch_size * options.crop_size**2
    return 2 * net.macs_per_pixel * pixels * passes


def crop_unit(options: TrainOptions, speed: Speed) -> int:
    """Pixels that sides of crops are multiples of, strides and dilations heeded."""
    unit = math.lcm(options.blind_stride, options.invariance_stride)
    return 6 * unit if speed.undilated else unit


class RandomPatches:
    """A source of patches to measure with: no time depends on what they show."""

    digest = "random"

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
        """Say that there is no image behind it."""
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

        Nothing is compiled: that takes a minute for each size, and memory no more.
        """
        speed = self._speed._replace(compile=False, patches_on_device=False)
        before = EAGER_STEPS if speed.cuda_graphs else 1  # one makes Adam's state
        return self._attempt(size, speed, (before, math.inf), (1, math.inf))

    def _attempt(
        self, size: Size, speed: Speed, warm_up: Bounds, measured: Bounds
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
        self, size: Size, speed: Speed, warm_up: Bounds, measured: Bounds
    ) -> Trial:
        update = {**size._asdict(), "steps": NO_END}
        options = self._options.model_copy(update=update)
        trainee = new_trainee(options, self._device, speed)
        batches = Batches(
            RandomPatches(size.crop_size),
            options,
            device=self._device,
            resident=speed.patches_on_device,
        )
        take_step = fast_step(trainee, options, speed)
        reports = train_steps(trainee, batches, options, take_step=take_step)
        _, prepared = time_steps(reports, self._device, *warm_up)
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


def try_sizes(bench: Bench, wished: Size, unit: int) -> Findings:
    """Measure the wished size, then try larger or smaller ones."""
    trial = bench.measure(wished)
    logger.info("Looking for the largest batch and the largest crop.")
    batch = find_largest(
        lambda crops: bench.probe(Size(crops, wished.crop_size)) is not None,
        wished.batch_size,
        wished_fits=trial is not None,
        most=MOST_CROPS,
    )
    crop = find_largest(
        lambda units: bench.probe(Size(wished.batch_size, units * unit)) is not None,
        wished.crop_size // unit,
        wished_fits=trial is not None,
        most=MOST_PIXELS_PER_SIDE // unit,
    )
    return trial, batch, crop


def find_largest(
    fits: Callable[[int], bool],
    wished: int,
    *,
    wished_fits: bool,
    most: int,
    seconds: float = SEARCH_SECONDS,
) -> Largest:
    """Find the largest number that fits: double it while it does, then bisect.

    Args:
        fits: Tries a number.
        wished: The number that was tried first.
        wished_fits: Whether it fitted.
        most: Larger ones are not tried.
        seconds: None is tried after that.

    Returns:
        The number, to about 3 %; 0 where not even 1 fits.
    """
    deadline = time.monotonic() + seconds
    low, high = (wished, most + 1) if wished_fits else (0, wished)
    doubling = wished_fits
    while high - low > max(1, low // 32) and time.monotonic() < deadline:
        number = min(2 * low, most) if doubling else (low + high) // 2
        if fits(number):
            low = number
        else:
            high, doubling = number, False
    return Largest(low, more_may_fit=high > most or high - low > max(1, low // 32))


def extrapolate_sizes(
    bench: Bench, wished: Size, unit: int, available: int
) -> Findings:
    """Measure ever larger sizes and draw a line through the memory they took.

    Too large a one is not tried: the system would end some program, perhaps this one.
    """
    usable = USABLE * available
    safe = min(wished.pixels, SAFE_PIXELS)
    sides = sorted({_side_within(safe // part, unit) for part in (16, 4)})
    small = [Size(1, side) for side in sides if 0 < side**2 < wished.pixels]
    trials = [trial for size in small if (trial := bench.probe(size))]
    line = MemoryLine.through(trials)
    if line and line.bytes_at(wished.pixels) > usable:
        logger.info("%s: too much for the memory of this machine.", wished)
        trial = None
    else:
        trial = bench.measure(wished)
        line = MemoryLine.through([*trials, trial] if trial else trials)
    if line is None:
        return trial, None, None
    pixels = line.pixels_within(usable)
    side = _side_within(pixels // wished.batch_size, unit)
    return trial, Largest(pixels // wished.crop_size**2), Largest(side // unit)


class MemoryLine(NamedTuple):
    """Memory as a linear function of the pixels of a step."""

    at_zero: float
    bytes_per_pixel: float

    @classmethod
    def through(cls, trials: list[Trial]) -> "MemoryLine | None":
        """Draw it through the smallest and the largest; None if they do not differ."""
        if not trials or trials[0].peak_bytes >= trials[-1].peak_bytes:
            return None
        small, large = trials[0], trials[-1]
        growth = large.peak_bytes - small.peak_bytes
        slope = growth / (large.size.pixels - small.size.pixels)
        return cls(large.peak_bytes - slope * large.size.pixels, slope)

    def bytes_at(self, pixels: int) -> float:
        """Memory that a step on so many pixels takes."""
        return self.at_zero + self.bytes_per_pixel * pixels

    def pixels_within(self, limit: float) -> int:
        """Pixels of the largest step that so many bytes suffice for."""
        return max(0, int((limit - self.at_zero) / self.bytes_per_pixel))


def _side_within(pixels: int, unit: int) -> int:
    """Side of the largest square of so many pixels; 0 where none is that small."""
    return math.isqrt(pixels) // unit * unit


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device}, {torch.cuda.get_device_name(device)}"
    return f"{device}, {torch.get_num_threads()} threads"
