"""Measures a small training alone and beside a busy neighbour on the same cores.

OpenMP's threads wait for each other by spinning; where another program wants the core,
they spin instead of letting the one they wait for run. What the variables that shorten
the spinning are worth depends on the machine: docs/performance.md has two.

Prints one JSON object: steps/s for each setting, alone and beside one busy process.

    python perf/beside_neighbour.py --seconds 20
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

SETTINGS: dict[str, dict[str, str]] = {
    "torch's own": {"GOMP_SPINCOUNT": "300000"},  # libgomp's default is 0.3 million
    "GOMP_SPINCOUNT=10000": {"GOMP_SPINCOUNT": "10000"},
    "GOMP_SPINCOUNT=1000": {"GOMP_SPINCOUNT": "1000"},
    "GOMP_SPINCOUNT=0": {"GOMP_SPINCOUNT": "0"},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
}
NEIGHBOUR = "while True: pass"
TRAINING = """
import sys, time
import numpy as np
import torch
from cbsn_pipeline.cbsn import CBSN
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.hardware.device import tune
from cbsn_pipeline.training.fast_step import fast_step
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.hardware.speed import choose_speed
from cbsn_pipeline.training.loop import train_steps
from cbsn_pipeline.training.trainer_state import new_trainer_state

class Patches:
    digest = fingerprint = "random"
    shape, dtype = (8, 128, 128, 3), np.dtype(np.uint8)
    def __len__(self): return 8
    def __getitem__(self, index):
        rng = np.random.default_rng(index)
        return rng.integers(256, size=(128, 128, 3), dtype=np.uint8)
    def describe(self, index): return str(index)

seconds = float(sys.argv[1])
options = TrainOptions(
    network={"channels": int(sys.argv[2]), "blocks": 2}, steps=10**6, batch_size=1
)
device = torch.device("cpu")
tune(device, "auto")
speed = choose_speed(options, CBSN(options.network), device)
trainer = new_trainer_state(options, device, speed)
batches = Batches(Patches(), options, device=device)
step = fast_step(trainer, options, speed)
steps = train_steps(trainer, batches, options, start=0, take_step=step)
for _ in range(5): next(steps)
start, count = time.monotonic(), 0
while time.monotonic() - start < seconds:
    next(steps)
    count += 1
print(count / (time.monotonic() - start))
"""


def main() -> None:
    """Measure every setting alone and beside a neighbour."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--channels", type=int, default=32)
    arguments = parser.parse_args()
    measured = {}
    for name, setting in SETTINGS.items():
        alone = steps_per_second(setting, arguments)
        neighbour = subprocess.Popen([sys.executable, "-c", NEIGHBOUR])
        try:
            beside = steps_per_second(setting, arguments)
        finally:
            neighbour.kill()
        measured[name] = {"alone": round(alone, 2), "beside": round(beside, 2)}
        print(name, measured[name], file=sys.stderr)
    print(json.dumps(measured, indent=2))


def steps_per_second(setting: dict[str, str], arguments: argparse.Namespace) -> float:
    """Train in a process of its own, whose OpenMP reads the environment anew."""
    command = [sys.executable, "-c", TRAINING]
    options = [str(arguments.seconds), str(arguments.channels)]
    inherited = {k: v for k, v in os.environ.items() if k[:5] not in ("GOMP_", "OMP_W")}
    done = subprocess.run(
        [*command, *options],
        env=inherited | setting,
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
