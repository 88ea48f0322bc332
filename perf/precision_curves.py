"""Train the same networks in float32 and in bfloat16, and compare the curves.

On real SIDD blocks (ingest and patches of the environment ``blocks`` made before)::

    kedro run --env blocks --pipelines ingest,patches
    python perf/precision_curves.py --channels 32 --blocks 4 --steps 3000 --seeds 2

trains once per precision and seed, scores held-out blocks on the way, and prints JSON:
a line per training, and after every pair what all pairs so far say: mean losses and
PSNR by step, the mean difference of the last PSNR, its standard error and its 95 %
interval. Chance alone moves a short training by tenths of a decibel: many seeds are
needed to see less, and ``--jobs`` trains several at a time.

A CPU without bfloat16 units computes in it ten times slower than in float32.
``--emulate`` gives such a CPU the same arithmetic sooner: everything is stored in
bfloat16 as autocast has it, and each convolution is computed by the float32 kernel from
these bfloat16 numbers, its result rounded. That is what matrix units do: exact
products, float32 sums.
"""

import argparse
import json
import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch import Tensor
from torch.overrides import TorchFunctionMode

from cbsn_pipeline.datasets.mat_blocks_dataset import MatBlocksDataset
from cbsn_pipeline.formats.patch_file import PatchFile
from cbsn_pipeline.training.monitoring.recorder import NoRecorder
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.run import Materials, train

ROOT = Path(__file__).resolve().parents[1]
SIDD = ROOT / "data" / "01_raw" / "sidd"
PRECISIONS = ("float32", "bfloat16")
Run = dict[str, Any]


class Curves(NoRecorder):
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.loss: dict[int, float] = {}
        self.psnr_db: dict[int, float] = {}

    def log_metrics(self, values: Any, step: int) -> None:  # noqa: ANN401
        """Keep total loss and held-out PSNR."""
        if "train/loss_total" in values:
            self.loss[step] = round(values["train/loss_total"], 5)
        if "held_out/psnr_db" in values:
            self.psnr_db[step] = round(values["held_out/psnr_db"], 3)


class RoundedConvolutions(TorchFunctionMode):
    """Computes the convolutions of an autocast region by float32 kernels.

    Inputs, weights and results are bfloat16, and so are their gradients, since the
    casts lie inside what is differentiated.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Round around a convolution; leave everything else alone."""
        kwargs = kwargs or {}
        if func is not torch.conv2d or not torch.is_autocast_enabled("cpu"):
            return func(*args, **kwargs)
        with torch.autocast("cpu", enabled=False):
            rounded = [_round(value) for value in args]
            named = {name: _round(value) for name, value in kwargs.items()}
            return torch.conv2d(*rounded, **named).bfloat16()


def _round(value: Any) -> Any:  # noqa: ANN401
    return value.bfloat16().float() if isinstance(value, Tensor) else value


def main() -> None:
    """Train, compare, print."""
    arguments = _parse()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    pairs: list[list[Run]] = []
    spawn = get_context("spawn")  # each with threads of its own
    with ProcessPoolExecutor(arguments.jobs, mp_context=spawn) as pool:
        for pair in as_completed(pool.submit(_pair, arguments, s) for s in seeds):
            pairs.append(pair.result())
            for run in pairs[-1]:
                print(json.dumps(run))
            print(json.dumps(_compare(pairs)), flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    patches = ROOT / "data" / "03_primary" / "blocks" / "patches.h5"
    parser.add_argument("--patches", type=Path, default=patches)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="pairs at a time")
    parser.add_argument("--threads", type=int, help="of a CPU; default: all cores")
    parser.add_argument("--held-out", type=int, default=40)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--emulate", action="store_true", help="for a CPU without bfloat16 units"
    )
    return parser.parse_args()


def _pair(arguments: argparse.Namespace, seed: int) -> list[Run]:
    logging.disable(logging.WARNING)  # alarms of the first steps
    return [_train(arguments, precision, seed) for precision in PRECISIONS]


def _train(arguments: argparse.Namespace, precision: str, seed: int) -> Run:
    options = _options(arguments, precision, seed)
    held_out = WatchedBlocks.choose(
        _blocks("ValidationNoisyBlocksSrgb.mat"),
        _blocks("ValidationGtBlocksSrgb.mat"),
        count=arguments.held_out,
    )
    curves = Curves()
    emulation = RoundedConvolutions() if arguments.emulate else nullcontext()
    with tempfile.TemporaryDirectory() as folder, emulation:
        materials = Materials(PatchFile(arguments.patches), held_out, Path(folder))
        report = train(materials, options, recorder=curves).report
    return {
        "precision": precision,
        "seed": seed,
        "speed": report["speed"],
        "steps_per_second": report["steps_per_second"],
        "psnr_db": curves.psnr_db,
        "loss": curves.loss,
    }


def _blocks(name: str) -> NDArray[np.uint8]:
    blocks = MatBlocksDataset(filepath=str(SIDD / name)).load()
    assert blocks is not None, "required, or it would have raised"
    return blocks


def _options(arguments: argparse.Namespace, precision: str, seed: int) -> TrainOptions:
    return TrainOptions.model_validate(
        {
            "network": {"channels": arguments.channels, "blocks": arguments.blocks},
            "steps": arguments.steps,
            "batch_size": arguments.batch,
            "ramp_steps": arguments.steps * 2 // 5,
            "learning_rate": arguments.learning_rate,
            "learning_rate_decay": "cosine",
            "log_every": max(1, arguments.steps // 30),
            "validate_every": max(1, arguments.steps // 6),
            "save_every": arguments.steps,
            "device": arguments.device,
            "precision": precision,
            "seed": seed,
            "speed": {"threads": arguments.threads or "auto"},
        }
    )


def _compare(pairs: list[list[Run]]) -> dict[str, Any]:
    singles, halves = zip(*pairs, strict=True)
    losses, half_losses = _mean_curve(singles, "loss"), _mean_curve(halves, "loss")
    apart = [abs(half_losses[step] / loss - 1) for step, loss in losses.items()]
    last = max(singles[0]["psnr_db"])
    differences = [b["psnr_db"][last] - a["psnr_db"][last] for a, b in pairs]
    return {
        "pairs": len(pairs),
        "mean_psnr_db": {
            "float32": _mean_curve(singles, "psnr_db"),
            "bfloat16": _mean_curve(halves, "psnr_db"),
        },
        "loss_apart_percent": {
            "mean": round(100 * fmean(apart), 3),
            "largest": round(100 * max(apart), 3),
        },
        "bfloat16_minus_float32_db": _interval(differences),
    }


def _mean_curve(runs: tuple[Run, ...], name: str) -> dict[int, float]:
    return {
        step: round(fmean(run[name][step] for run in runs), 5) for step in runs[0][name]
    }


def _interval(values: list[float]) -> dict[str, Any]:
    result: dict[str, Any] = {"mean": round(fmean(values), 4), "each": values}
    if len(values) > 1:
        error = stdev(values) / len(values) ** 0.5
        reach = float(student.ppf(0.975, len(values) - 1)) * error
        result["standard_error"] = round(error, 4)
        result["interval_95"] = [
            round(result["mean"] - reach, 4),
            round(result["mean"] + reach, 4),
        ]
    return result


if __name__ == "__main__":
    main()
