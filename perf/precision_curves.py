"""Train the same network in float32 and in bfloat16, and compare the curves.

On real SIDD blocks (ingest and patches of the environment ``blocks`` made before)::

    kedro run --env blocks --pipelines ingest,patches
    python perf/precision_curves.py --channels 32 --blocks 4 --steps 3000 --seeds 2

trains once per precision and seed, one after the other, scores held-out blocks on the
way, and prints JSON: PSNR and mean losses by step, the PSNR of the last step, and the
mean difference with its standard error over seeds: chance alone moves a short training
by tenths of a decibel.
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from cbsn_pipeline.datasets.mat_blocks_dataset import MatBlocksDataset
from cbsn_pipeline.datasets.patch_file import PatchFile
from cbsn_pipeline.training.conduct import Materials, conduct
from cbsn_pipeline.training.held_out import HeldOutBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.recorder import NoRecorder

ROOT = Path(__file__).resolve().parents[1]
SIDD = ROOT / "data" / "01_raw" / "sidd"


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


def main() -> None:
    """Train, compare, print."""
    arguments = _parse()
    source = PatchFile(arguments.patches)
    noisy, clean = (
        MatBlocksDataset(filepath=str(SIDD / name)).load()
        for name in ("ValidationNoisyBlocksSrgb.mat", "ValidationGtBlocksSrgb.mat")
    )
    held_out = HeldOutBlocks.choose(noisy, clean, count=arguments.held_out)
    runs = []
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for precision in ("float32", "bfloat16"):
            curves = Curves()
            options = _options(arguments, precision, seed)
            with tempfile.TemporaryDirectory() as folder:
                materials = Materials(source, held_out, Path(folder))
                report = conduct(materials, options, recorder=curves).report
            runs.append(
                {
                    "precision": precision,
                    "seed": seed,
                    "speed": report["speed"],
                    "steps_per_second": report["steps_per_second"],
                    "psnr_db": curves.psnr_db,
                    "loss": curves.loss,
                }
            )
            print(json.dumps(runs[-1]), flush=True)
    print(json.dumps(_compare(runs, arguments.steps)))


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
    parser.add_argument("--threads", type=int, help="of a CPU; default: all cores")
    parser.add_argument("--held-out", type=int, default=40)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


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


def _compare(runs: list[dict[str, Any]], steps: int) -> dict[str, Any]:
    last = {
        precision: [r["psnr_db"][steps] for r in runs if r["precision"] == precision]
        for precision in ("float32", "bfloat16")
    }
    differences = [
        b - a for a, b in zip(last["float32"], last["bfloat16"], strict=True)
    ]
    error = (
        stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else None
    )
    return {
        "last_psnr_db": last,
        "bfloat16_minus_float32_db": round(fmean(differences), 3),
        "standard_error_db": error and round(error, 3),
    }


if __name__ == "__main__":
    main()
