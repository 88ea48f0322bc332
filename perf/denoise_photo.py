"""How fast photographs are denoised, and in how much memory, by their size.

Photographs are made: a smooth picture and noise, 8 bits. Every size has a process of
its own, which reads a PNG, denoises it with the weights that come with the program and
restitution ``auto``, and writes a PNG. In turns with it a part of the photograph goes
through the plain network whole and through OpenCV's non-local means, so that ratios
hold on a busy machine too. Memory is that of the process at most, Python and torch
included, before the others take theirs.

    python perf/denoise_photo.py --megapixels 1 6 24 100
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from cbsn_pipeline import models
from cbsn_pipeline.formats.images import read_rgb, write_png
from cbsn_pipeline.host_memory import forget_peak_rss, peak_rss

MIB = 2**20
SIDE = 1024  # of the part that goes through the others


def main() -> None:
    """Print a line of JSON per size, and a table of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 6, 24, 100])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", type=float, help="measure one size in this process")
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(options.one, options.rounds)))
        return
    rows = [_measure_apart(size, options.rounds) for size in options.megapixels]
    print("\n" + " ".join(f"{name:>13}" for name in rows[0]))
    for row in rows:
        print(" ".join(f"{value:13.4g}" for value in row.values()))


def measure(megapixels: float, rounds: int) -> dict[str, float]:
    """Measure one size; medians of all rounds, and the fewest page faults."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(1.5 * height)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "noisy.png"), Path(folder, "denoised.png")
        write_png(source, make_photo(height, width))
        part = read_rgb(source)[:SIDE, :SIDE].copy()
        denoiser = models.load("sidd_small").restituting("auto")
        denoiser.denoise(part[:64, :64])  # what is done once
        forget_peak_rss()
        work = {
            "photo": (_denoise_file, denoiser, source, target),
            "net": (_run_whole, denoiser.net, part),
            "nlm": (_non_local_means, part),
        }
        turns: dict[str, list[dict[str, float]]] = {name: [] for name in work}
        peak = 0
        for _ in range(rounds):
            for name, (function, *arguments) in work.items():
                turns[name].append(_timed(function, *arguments))
                peak = peak or peak_rss()  # after the first photograph
    photo, pixels = turns["photo"], part.shape[0] * part.shape[1] / 1e6
    net, nlm = (
        median(t["wall"] for t in turns[key]) / pixels for key in ("net", "nlm")
    )
    size = height * width / 1e6
    wall, cpu = (median(turn[key] for turn in photo) for key in ("wall", "cpu"))
    return {
        "megapixels": size,
        "wall_s": wall,
        "fastest_s": min(turn["wall"] for turn in photo),
        "cpu_s": cpu,
        "cpu_s_per_mp": cpu / size,
        "faults": min(turn["faults"] for turn in photo),
        "peak_mib": peak / MIB,
        "over_net": wall / size / net,
        "over_nlm": wall / size / nlm,
    }


def make_photo(height: int, width: int) -> NDArray[np.uint8]:
    """Make a smooth picture with noise, (H, W, 3), in bands: it may be large."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(25, 225, (height // 200 + 2, width // 200 + 2, 3))
    photo = cv2.resize(coarse.astype(np.uint8), (width, height), interpolation=2)
    for top in range(0, height, 256):
        band = photo[top : top + 256]
        noise = cv2.GaussianBlur(rng.normal(0, 20, band.shape), (0, 0), 0.7)
        band[:] = np.clip(np.rint(band + noise), 0, 255)
    return photo


def _denoise_file(denoiser: Any, source: Path, target: Path) -> None:  # noqa: ANN401
    write_png(target, denoiser.denoise(read_rgb(source)))


@torch.no_grad()
def _run_whole(net: torch.nn.Module, image: NDArray[np.uint8]) -> None:
    unit = torch.from_numpy(image / np.float32(255))
    net(unit.permute(2, 0, 1)[None])  # channels-last, as the denoiser does


def _non_local_means(image: NDArray[np.uint8]) -> None:
    cv2.fastNlMeansDenoisingColored(image, None, 10, 10, 7, 21)


def _timed(function: Any, *arguments: Any) -> dict[str, float]:  # noqa: ANN401
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    function(*arguments)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": wall,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "faults": after.ru_minflt - before.ru_minflt,
    }


def _measure_apart(megapixels: float, rounds: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(megapixels)]
    done = subprocess.run(
        [*command, "--rounds", str(rounds)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    print(done.stdout.strip(), flush=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
