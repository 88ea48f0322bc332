"""What a training would take on this machine, told from a few real steps of it."""

import logging
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import torch

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.host_memory import available_memory
from cbsn_pipeline.training.distributed.launch import num_devices
from cbsn_pipeline.training.estimate.bench import Bench, Size, Trial
from cbsn_pipeline.training.hardware.device import choose_device, tune
from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.hardware.speed import Speed, choose_speed
from cbsn_pipeline.training.options import TrainOptions

logger = logging.getLogger(__name__)

SEARCH_SECONDS = 90.0  # for the largest batch, and again for the largest crop
MOST_CROPS, MOST_PIXELS_PER_SIDE = 4096, 4096  # nobody asks for more
SAFE_PIXELS = 256 * 256  # of a step; a quarter of it is tried on a CPU unasked
USABLE = 0.9  # of a host's memory: the rest is for other programs


class Largest(NamedTuple):
    """The largest batch or crop that memory suffices for."""

    number: int
    more_may_fit: bool = False
    """Whether the search ended before a larger one failed."""


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
