"""Measures training steps, fast and plain, against what the machine can multiply.

Prints one JSON object: steps/s, pixels/s, TFLOP/s and peak memory of the step that the
arguments describe and of the plain one (float32, eager, contiguous layout), their
ratio, the rate of torch.mm in float32 (TF32 off) and bfloat16, and the forward pass
of one 128 x 128 picture through the full network. All take turns, round after round,
so that a noisy machine disturbs all alike: believe ratios of medians, and shares.

    python perf/train_throughput.py                      # the paper's size
    python perf/train_throughput.py --channels 32 --blocks 2 --seconds 5
    python perf/train_throughput.py --precision bfloat16 --undilated true
    python perf/train_throughput.py --alone              # a JSON line per switch
    python perf/train_throughput.py --profile step.txt   # where a fast step's time goes
"""

import argparse
import gc
import json
import os
import platform
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.host_memory import (
    current_rss,
    forget_peak_rss,
    peak_rss,
    trim_heap,
)
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.estimate.bench import (
    NO_END,
    RandomPatches,
    synchronise,
    time_steps,
    warm_up_steps,
)
from cbsn_pipeline.training.estimate.estimate import step_flop
from cbsn_pipeline.training.fast_step import fast_step
from cbsn_pipeline.training.hardware.device import choose_device, tune
from cbsn_pipeline.training.hardware.speed import PLAIN, Speed, choose_speed
from cbsn_pipeline.training.loop import plain_step, train_steps
from cbsn_pipeline.training.options import SpeedOptions, TrainOptions
from cbsn_pipeline.training.trainer_state import new_trainer_state

PROJECT = Path(__file__).resolve().parents[1]
SWITCHES = [name for name in SpeedOptions.model_fields if name != "threads"]
# by then compiling, choosing kernels and recording are over
WARM_UP_STEPS = {"cpu": 2, "cuda": 10}
MATRIX_SIDE = {"cpu": 2048, "cuda": 8192}
MATRIX_SECONDS = 1.0  # per round
PICTURE_SIDE = 128
PROFILED_STEPS = 5
PROFILE_ROWS = 30
TERA, GIGA, MIB = 1e12, 1e9, 2**20


class Contender:
    """A training whose steps are timed.

    Args:
        options: Size and seed; its precision is that of ``speed``.
        speed: What the steps take; None for the plain step.
        device: Where.
        warm_up: Steps before anything is timed.
    """

    def __init__(
        self,
        options: TrainOptions,
        speed: Speed | None,
        device: torch.device,
        *,
        warm_up: int,
    ) -> None:
        self.speed = speed or PLAIN
        self._device = device
        self._rates: list[float] = []
        held = _held_memory(device)
        trainer = new_trainer_state(options, device, self.speed)
        batches = Batches(
            RandomPatches(options.crop_size),
            options,
            device=device,
            resident=self.speed.patches_on_device,
        )
        if speed is None:
            take_step = plain_step(trainer, options)
        else:
            take_step = fast_step(trainer, options, speed)
        self.steps = train_steps(trainer, batches, options, take_step=take_step)
        self._warm_up = warm_up_steps(self.steps, device, warm_up)
        self._peak = _peak_memory(device) - held
        self._flop = step_flop(options, trainer.net)
        self._pixels = options.batch_size * options.crop_size**2

    def take_turn(self, seconds: float) -> None:
        """Take steps for so long, and note how many per second."""
        steps, taken = time_steps(self.steps, self._device, NO_END, seconds)
        self._rates.append(steps / taken)

    def begin(self) -> None:
        """Forget earlier turns."""
        self._rates = []

    @property
    def rates(self) -> list[float]:
        """Steps per second, turn by turn."""
        return self._rates

    def result(self, matrix_tflops: dict[str, float]) -> dict[str, Any]:
        """Sum up the turns."""
        rate = median(self._rates)
        tflops = rate * self._flop / TERA
        return {
            "speed": str(self.speed),
            "steps_per_s": _round(rate),
            "best_steps_per_s": _round(max(self._rates)),
            "turns": [_round(rate) for rate in self._rates],
            "pixels_per_s": round(rate * self._pixels),
            "tflop_per_s": _round(tflops),
            "share_of_mm": {
                name: _round(tflops / rate) for name, rate in matrix_tflops.items()
            },
            "peak_memory_mib": round(self._peak / MIB),
            "warm_up_s": _round(self._warm_up),
        }


class Yardsticks:
    """What the machine gives at best: products of large square matrices.

    Args:
        device: Where.
        picture: Also time a forward pass of one picture through the full network, as
            denoising runs it: float32, channels last.
    """

    def __init__(self, device: torch.device, *, picture: bool) -> None:
        self._device = device
        side = MATRIX_SIDE[device.type]
        self._products = {
            name: _product(side, dtype, device)
            for name, dtype in (("float32", torch.float32), ("bf16", torch.bfloat16))
        }
        self._flop = 2 * side**3
        self._tflops: dict[str, list[float]] = {name: [] for name in self._products}
        self._forward, self._forward_flop = _forward_pass(device)
        self._forward_seconds: list[float] = []
        self._picture = picture
        self.take_turn()  # warms up
        self.begin()

    def begin(self) -> None:
        """Forget earlier turns."""
        for rates in (*self._tflops.values(), self._forward_seconds):
            rates.clear()

    def take_turn(self) -> None:
        """Time everything once more."""
        for name, product in self._products.items():
            seconds = _seconds_per_call(product, self._device, MATRIX_SECONDS)
            self._tflops[name].append(self._flop / seconds / TERA)
        if self._picture:
            seconds = _seconds_per_call(self._forward, self._device, MATRIX_SECONDS)
            self._forward_seconds.append(seconds)

    @property
    def tflops(self) -> dict[str, float]:
        """Median TFLOP/s by type."""
        return {name: median(rates) for name, rates in self._tflops.items()}

    def picture(self) -> dict[str, Any]:
        """Sum up the forward passes."""
        seconds = median(self._forward_seconds)
        tflops = self._forward_flop / seconds / TERA
        return {
            "side_px": PICTURE_SIDE,
            "seconds": _round(seconds),
            "best_seconds": _round(min(self._forward_seconds)),
            "gflop_per_s": round(tflops * TERA / GIGA, 1),
            "share_of_mm_float32": _round(tflops / self.tflops["float32"]),
        }


def machine(device: torch.device) -> dict[str, Any]:
    """Say what was measured where."""
    commit = _git("rev-parse", "HEAD")
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text("utf-8") if cpuinfo.exists() else ""
    model = re.search(r"model name\s*:\s*(.+)", text)
    facts = {
        "git_commit": commit + (" (changed)" if _git("status", "--porcelain") else ""),
        "cpu": model[1] if model else platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }
    if device.type == "cuda":
        facts["gpu"] = torch.cuda.get_device_name(device)
        facts["convolutions_in_tf32"] = torch.backends.cudnn.allow_tf32
    return facts


def measure(
    contenders: dict[str, Contender],
    yardsticks: Yardsticks,
    *,
    rounds: int,
    seconds: float,
) -> dict[str, Any]:
    """Let all take turns, and compare the first contender with the last."""
    yardsticks.begin()
    for contender in contenders.values():
        contender.begin()
    for _ in range(rounds):
        for contender in contenders.values():
            contender.take_turn(seconds)
        yardsticks.take_turn()
    tflops = yardsticks.tflops
    results = {name: c.result(tflops) for name, c in contenders.items()}
    first, *_, last = contenders.values()
    ratios = [a / b for a, b in zip(first.rates, last.rates, strict=True)]
    return {
        **results,
        "ratio": {
            "median_of_rounds": _round(median(ratios)),
            "best_to_best": _round(max(first.rates) / max(last.rates)),
        },
        "mm_tflop_per_s": {name: _round(rate) for name, rate in tflops.items()},
    }


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure the fast step of the arguments against the plain one."""
    options, device = prepare(arguments)
    speed = choose_speed(options, CBSN(options.network), device)
    warm_up = arguments.warm_up or WARM_UP_STEPS[device.type]
    contenders = {
        "fast": Contender(options, speed, device, warm_up=warm_up),
        "plain": Contender(options, None, device, warm_up=warm_up),
    }
    yardsticks = Yardsticks(device, picture=True)
    found = measure(
        contenders, yardsticks, rounds=arguments.rounds, seconds=arguments.seconds
    )
    if arguments.profile:
        arguments.profile.write_text(profile(contenders["fast"].steps, device))
    return {
        **machine(device),
        **size_of(options),
        "notes": speed.notes,
        **found,
        "forward_of_a_picture": yardsticks.picture(),
    }


def compare_alone(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Measure every switch on top of the plain step, then all that can be had."""
    options, device = prepare(arguments)
    warm_up = arguments.warm_up or WARM_UP_STEPS[device.type]
    plain = Contender(options, None, device, warm_up=warm_up)
    yardsticks = Yardsticks(device, picture=False)
    yield {**machine(device), **size_of(options)}
    for name, changes in rows_alone().items():
        chosen = TrainOptions(**options.model_dump() | changes)
        row: dict[str, Any] = {"switch": name}
        try:
            speed = choose_speed(chosen, CBSN(options.network), device)
        except ValueError as error:  # bfloat16 where its gradients are wrong
            yield row | {"skipped": str(error)}
            continue
        if speed._replace(notes=()) == PLAIN:
            yield row | {"skipped": " ".join(speed.notes)}
            continue
        fast = Contender(options, speed, device, warm_up=warm_up)
        found = measure(
            {name: fast, "plain": plain},
            yardsticks,
            rounds=arguments.rounds,
            seconds=arguments.seconds,
        )
        yield row | {"notes": speed.notes} | found
        del fast
        torch.compiler.reset()  # what was compiled holds the network


def rows_alone() -> dict[str, dict[str, Any]]:
    """Options of every row of ``--alone``, by name."""
    off = dict.fromkeys(SWITCHES, False)
    rows = {
        name: {"precision": "float32", "speed": off | {name: True}} for name in SWITCHES
    }
    return {
        **rows,
        "bfloat16": {"precision": "bfloat16", "speed": off},
        "all": {"precision": "auto", "speed": dict.fromkeys(SWITCHES, True)},
        "auto": {"precision": "auto", "speed": {}},
    }


def prepare(arguments: argparse.Namespace) -> tuple[TrainOptions, torch.device]:
    """Turn the arguments into options, and set threads as training does."""
    switches = {name: getattr(arguments, name) for name in SWITCHES}
    options = TrainOptions(
        network={"channels": arguments.channels, "blocks": arguments.blocks},
        batch_size=arguments.batch,
        crop_size=arguments.crop,
        steps=NO_END,
        precision=arguments.precision,
        device=arguments.device,
        speed={**switches, "threads": arguments.threads},
    )
    device = choose_device(options.device)
    tune(device, options.speed.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    return options, device


def size_of(options: TrainOptions) -> dict[str, Any]:
    """Say what was trained."""
    net = CBSN(options.network)
    return {
        "network": options.network.model_dump(),
        "batch_size": options.batch_size,
        "crop_size": options.crop_size,
        "mflop_per_pixel_and_pass": _round(2 * net.macs_per_pixel / 1e6),
        "tflop_per_step": _round(step_flop(options, net) / TERA),
    }


def profile(steps: Iterator[object], device: torch.device) -> str:
    """Say which kernels take the time of some steps."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as record

    activities = [ProfilerActivity.CPU]
    key = "self_cpu_time_total"
    if device.type == "cuda":
        activities.append(ProfilerActivity.CUDA)
        key = "self_cuda_time_total"
    with record(activities=activities) as recorded:
        for _ in range(PROFILED_STEPS):
            next(steps)
        synchronise(device)
    table = recorded.key_averages().table(sort_by=key, row_limit=PROFILE_ROWS)
    return f"{PROFILED_STEPS} steps\n{table}\n"


def _product(
    side: int, dtype: torch.dtype, device: torch.device
) -> Callable[[], torch.Tensor]:
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in "ab")
    return lambda: torch.mm(left, right)


def _forward_pass(device: torch.device) -> tuple[Callable[[], torch.Tensor], float]:
    net = CBSN().to(device)
    picture = torch.randn(1, 3, PICTURE_SIDE, PICTURE_SIDE, device=device)
    picture = picture.contiguous(memory_format=torch.channels_last)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            denoised: torch.Tensor = net(picture)
        return denoised

    return run, 2.0 * net.macs_per_pixel * PICTURE_SIDE**2


def _seconds_per_call(
    call: Callable[[], object], device: torch.device, seconds: float
) -> float:
    """Repeat a call for so long; a GPU is waited for now and then only."""
    together = 10 if device.type == "cuda" else 1
    calls, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        for _ in range(together):
            call()
        synchronise(device)
        calls += together
    return passed / calls


def _held_memory(device: torch.device) -> int:
    """Bytes in use now; the peak is looked for from here."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return torch.cuda.memory_allocated(device)
    trim_heap()
    forget_peak_rss()
    return current_rss()


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return peak_rss()


def _git(*arguments: str) -> str:
    answer = subprocess.run(
        ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or ("unknown" if arguments[0] == "rev-parse" else "")


def _round(number: float) -> float:
    return float(f"{number:.4g}")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--channels", type=int, default=128)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--crop", type=int, default=120, help="pixels per side")
    parser.add_argument("--batch", type=int, default=4, help="crops per step")
    precisions = ("float32", "bfloat16", "auto")
    parser.add_argument("--precision", choices=precisions, default="auto")
    for name in SWITCHES:
        option = f"--{name.replace('_', '-')}"
        choices = ("auto", "true", "false")
        parser.add_argument(option, choices=choices, default="auto")
    parser.add_argument("--threads", default="auto", help="of a CPU")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seconds", type=float, default=20, help="per turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    parser.add_argument("--warm-up", type=int, help="steps; 10 on a GPU, 2 on a CPU")
    parser.add_argument("--alone", action="store_true", help="each switch alone")
    parser.add_argument("--profile", type=Path, help="write a table of kernels here")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments()
    if not arguments.alone:
        print(json.dumps(compare(arguments), indent=1))
        return
    for row in compare_alone(arguments):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
