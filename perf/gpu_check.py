"""Does in twelve minutes all that waits for a GPU, and leaves a report and a state.

In this order, each in its share of the time:

1. the tests marked ``gpu``;
2. steps/s of the paper's network against plain float32 and ``torch.mm``, at crop 120
   and 240 (``train_throughput.py``), and a photograph of 24 megapixels;
3. with what is left, the paper's network trains on noisy blocks, and is scored on their
   clean twins with and without restitution: the dagger protocol.

The blocks are one file of numpy, made where the data is and carried to the GPU:

    python perf/gpu_check.py pack noisy.mat clean.mat blocks.npz --every 8
    python perf/gpu_check.py run blocks.npz --out OUT --minutes 12

``OUT/report.json`` has every number, ``OUT/state`` the training: repeated with the same
``OUT``, it goes on there. Needs torch, numpy, pydantic, safetensors and pytest; h5py or
scipy to pack. On a CPU, to try it: ``--channels 8 --depth 1 --minutes 2``.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.run import Materials, train

ROOT = Path(__file__).resolve().parents[1]
TESTS_SHARE, THROUGHPUT_SHARE = 0.2, 0.2  # of the minutes, at most
PHOTO = (4000, 6000)  # pixels
SCORED = 64  # blocks, evenly spread
MAX_STEPS = (
    150_000  # of the training, over all sessions: as conf/schedules/blocks_short
)


class Blocks:
    """Noisy blocks as a training reads them.

    Args:
        noisy: (N, H, W, 3), uint8.
    """

    def __init__(self, noisy: NDArray[np.uint8]) -> None:
        self._noisy = noisy
        self.shape, self.dtype = noisy.shape, noisy.dtype
        self.digest = self.fingerprint = f"blocks {noisy.shape} {int(noisy.sum())}"

    def __len__(self) -> int:
        return len(self._noisy)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        return self._noisy[index]

    def describe(self, index: int) -> str:
        """Name a block."""
        return f"block {index}"


def main() -> None:
    """Pack blocks, or run the checks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="make the file of blocks")
    packing.add_argument("noisy", help="ValidationNoisyBlocksSrgb.mat")
    packing.add_argument("clean", help="ValidationGtBlocksSrgb.mat")
    packing.add_argument("target", type=Path)
    packing.add_argument("--every", type=int, default=8, help="take one of so many")
    running = commands.add_parser("run", help="do all checks")
    running.add_argument("blocks", type=Path)
    running.add_argument("--out", type=Path, required=True)
    running.add_argument("--minutes", type=float, default=12.0)
    running.add_argument("--channels", type=int, default=128)
    running.add_argument("--depth", type=int, default=9, help="blocks per branch")
    running.add_argument("--batch", type=int, default=4, help="crops per step")
    running.add_argument("--photo", type=int, nargs=2, default=PHOTO)
    arguments = parser.parse_args()
    if arguments.command == "pack":
        pack(arguments)
    else:
        run(arguments)


def pack(arguments: argparse.Namespace) -> None:
    """Write every n-th pair of blocks to one compressed file."""
    from cbsn_pipeline.datasets import MatBlocksDataset

    def read(path: str) -> NDArray[np.uint8]:
        name = Path(path).stem
        blocks = MatBlocksDataset(filepath=path, variable=name).load()
        chosen: NDArray[np.uint8] = blocks.reshape(-1, *blocks.shape[2:])
        return chosen[:: arguments.every]

    pair = {"noisy": read(arguments.noisy), "clean": read(arguments.clean)}
    np.savez_compressed(arguments.target, **pair)
    size = arguments.target.stat().st_size / 1e6
    print(f"{len(pair['noisy'])} pairs, {size:.0f} MB: {arguments.target}")


def run(arguments: argparse.Namespace) -> None:
    """Do all checks; the report is written after each of them."""
    end = time.monotonic() + 60 * arguments.minutes
    arguments.out.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {"torch": torch.__version__, "device": device_name()}

    def note(name: str, value: object) -> None:
        report[name] = value
        text = json.dumps(report, indent=2)
        (arguments.out / "report.json").write_text(text, encoding="utf-8")
        print(f"{name}: {json.dumps(value)[:1000]}", flush=True)

    tests = ["-m", "pytest", "-q", "-m", "gpu", "tests", "-p", "no:cacheprovider"]
    note("tests", called(tests, 60 * arguments.minutes * TESTS_SHARE))
    network = [f"--channels={arguments.channels}", f"--blocks={arguments.depth}"]
    for crop in (120, 240):
        command = ["perf/train_throughput.py", *network, f"--crop={crop}"]
        command += [f"--batch={arguments.batch}", "--seconds=5", "--rounds=2"]
        limit = 60 * arguments.minutes * THROUGHPUT_SHARE / 2
        note(f"throughput_crop_{crop}", called(command, limit))
    note("photo", time_photo(arguments))
    blocks = np.load(arguments.blocks)
    note("training", train_for_a_while(blocks["noisy"], arguments, end))
    note("scores", score(blocks["noisy"], blocks["clean"], arguments))


def device_name() -> str:
    """Name the GPU; or say that there is none."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def called(command: list[str], limit: float) -> dict[str, Any]:
    """Run a Python command for so many seconds at most; its JSON, or its last lines."""
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    try:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"timed_out_after_s": round(limit)}
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        lines = (done.stdout + done.stderr).splitlines()[-12:]
        return {"status": done.returncode, "lines": lines}
    return found


def time_photo(arguments: argparse.Namespace) -> dict[str, float]:
    """Denoise a photograph of noise twice; seconds of the second time."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options = NetworkOptions(channels=arguments.channels, blocks=arguments.depth)
    denoiser = Denoiser(CBSN(options)).to(device)
    rng = np.random.default_rng(0)
    photo = rng.integers(256, size=(*arguments.photo, 3), dtype=np.uint8)
    denoiser.denoise(photo[:512, :512])
    start = time.monotonic()
    denoiser.denoise(photo)
    seconds = time.monotonic() - start
    peak = torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else 0.0
    megapixels = photo.shape[0] * photo.shape[1] / 1e6
    return {"megapixels": megapixels, "seconds": seconds, "peak_mib": peak}


def train_options(arguments: argparse.Namespace) -> TrainOptions:
    """The paper's network and losses on a shorter schedule; resumable."""
    return TrainOptions(
        network={"channels": arguments.channels, "blocks": arguments.depth},
        steps=MAX_STEPS,
        batch_size=arguments.batch,
        ramp_steps=MAX_STEPS,
        learning_rate=3e-4,
        learning_rate_decay="cosine",
        ema_decay=0.999,
        resume=True,
        save_every=5000,
        validate_every=MAX_STEPS,
    )


def train_for_a_while(
    noisy: NDArray[np.uint8], arguments: argparse.Namespace, end: float
) -> dict[str, Any]:
    """Train until a minute before the end, as somebody who then stops it would."""
    folder = arguments.out / "state"
    seconds = max(5.0, end - time.monotonic() - 60)
    stopper = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
    stopper.daemon = True
    stopper.start()
    start = time.monotonic()
    try:
        train(Materials(Blocks(noisy), None, folder), train_options(arguments))
    except SystemExit:
        pass  # asked to stop, it saved its state
    finally:
        stopper.cancel()
    saved = StateStore(folder).latest()
    steps = saved.step if saved else 0
    return {"steps": steps, "of": MAX_STEPS, "seconds": time.monotonic() - start}


def score(
    noisy: NDArray[np.uint8],
    clean: NDArray[np.uint8],
    arguments: argparse.Namespace,
) -> dict[str, float]:
    """PSNR of the averaged weights on some of the blocks, dB."""
    saved = StateStore(arguments.out / "state").latest()
    if saved is None:
        return {}
    net = CBSN(NetworkOptions(channels=arguments.channels, blocks=arguments.depth))
    net.load_state_dict(saved.content["average"])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    alone = Denoiser(net).to(device)
    places = np.linspace(0, len(noisy) - 1, min(SCORED, len(noisy))).round().astype(int)
    noisy, clean = noisy[places], clean[places]
    return {
        "blocks": len(places),
        "noisy_db": mean_psnr(noisy, clean),
        "alone_db": mean_psnr(alone.denoise_blocks(noisy), clean),
        "restituted_db": mean_psnr(
            alone.restituting("auto").denoise_blocks(noisy), clean
        ),
    }


def mean_psnr(denoised: NDArray[np.uint8], clean: NDArray[np.uint8]) -> float:
    """Mean over blocks of the PSNR of each, dB."""
    difference = denoised.astype(np.float64) - clean
    errors = np.square(difference).reshape(len(clean), -1).mean(axis=1)
    return float(np.mean(10 * np.log10(255**2 / errors)))


if __name__ == "__main__":
    main()
