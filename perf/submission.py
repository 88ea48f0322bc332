"""Measures memory and time of a full submission to SIDD: 40 images of 32 blocks.

Writes a BenchmarkNoisyBlocksSrgb.mat (MATLAB v5, compressed, as published) of random or
real blocks, then makes the submission in a process of its own, by the datasets and
nodes of the pipeline submit_sidd, and prints one JSON object: seconds of each part,
peak memory of that process, sizes of the files. Without --denoiser a stand-in denoises
(the mean of each pixel and the one beside it): what is measured is the writing.

    python perf/submission.py
    python perf/submission.py --blocks ../shared/data/sidd_validation/noisy
    python perf/submission.py --denoiser data/06_models/sample/denoiser.safetensors/...
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.blocks import (
    BENCHMARK_NOISY,
    BLOCK_SIZE,
    CHANNELS,
    NUM_BLOCKS,
    NUM_IMAGES,
)
from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.cbsn.provenance import Provenance
from cbsn_pipeline.datasets import MatBlocksDataset, SiddSubmissionDataset
from cbsn_pipeline.host_memory import peak_rss
from cbsn_pipeline.pipelines.submit_sidd.nodes import (
    denoise_sidd_benchmark,
    report_sidd_submission,
)
from cbsn_pipeline.pipelines.submit_sidd.options import SubmitSiddOptions

Blocks = NDArray[np.uint8]
LAYOUTS = "kaggle+legacy_cell+legacy_array"
SHAPE = (NUM_IMAGES, NUM_BLOCKS, BLOCK_SIZE, BLOCK_SIZE, CHANNELS)
MB = 1e6


class StandIn:
    """Takes the place of a denoiser: the mean of each pixel and the one beside it."""

    provenance = Provenance()
    file = None

    def denoise_blocks(self, blocks: Blocks, **_: Any) -> Blocks:  # noqa: ANN401
        """Blur (N, H, W, 3) uint8."""
        beside = np.roll(blocks, 1, axis=2)
        return (blocks >> 1) + (beside >> 1) + (blocks & beside & 1)


def write_benchmark(path: Path, source: Path | None) -> None:
    """Write a benchmark of random blocks, or of the PNGs of a folder, some turned."""
    from scipy.io import savemat

    rng = np.random.default_rng(0)
    blocks = np.empty(SHAPE, np.uint8)
    if source is None:
        for image in range(NUM_IMAGES):
            blocks[image] = rng.integers(64, 192, SHAPE[1:], np.uint8)
    else:
        from cbsn_pipeline.formats.images import read_rgb

        files = sorted(source.glob("*.png"))
        for index, place in enumerate(np.ndindex(SHAPE[:2])):
            repeat, which = divmod(index, len(files))
            blocks[place] = np.rot90(read_rgb(files[which]), repeat)
    savemat(path, {BENCHMARK_NOISY: blocks}, do_compression=True)


def submit(folder: Path, layouts: str, denoiser: Path | None) -> dict[str, Any]:
    """Make the submission, as the pipeline does, and measure this process."""
    seconds: dict[str, float] = {}
    options = SubmitSiddOptions(layouts=layouts, zip=False)  # type: ignore[arg-type]
    start_mb = peak_rss() / MB
    chosen = Denoiser.load(denoiser) if denoiser else StandIn()
    source = MatBlocksDataset(
        filepath=str(folder / f"{BENCHMARK_NOISY}.mat"), as_stored=True
    )
    noisy = timed(seconds, "read_mat", source.load)
    read_mb = peak_rss() / MB
    target = SiddSubmissionDataset(filepath=str(folder / "sidd_submission"))
    submission = denoise_sidd_benchmark(chosen, noisy, options)  # type: ignore[arg-type]
    timed(seconds, "denoise_and_write", lambda: target.save(submission))
    report = timed(
        seconds, "report", lambda: report_sidd_submission(target.load(), options)
    )
    return {
        "layouts": list(options.layouts),
        "denoiser": str(denoiser) if denoiser else "stand-in",
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "of_these_denoising": round(report["time"]["seconds"], 1),
        "of_these_writing_and_reading_back": {
            layout: round(value, 1)
            for layout, value in report["seconds_writing_and_reading_back"].items()
        },
        "peak_mb": {
            "imports": round(start_mb),
            "and_reading": round(read_mb),
            "and_writing": round(peak_rss() / MB),
        },
        "file_mb": {
            name: round(file["bytes"] / MB, 1) for name, file in report["files"].items()
        },
    }


def timed(seconds: dict[str, float], name: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Note how long a call takes; return what it returns."""
    start = time.perf_counter()
    result = call()
    seconds[name] = time.perf_counter() - start
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=Path, help="folder of 256x256 PNGs")
    parser.add_argument("--denoiser", type=Path, help="a trained one")
    parser.add_argument("--layouts", default=LAYOUTS, help="joined by +")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(
            json.dumps(submit(arguments.inside, arguments.layouts, arguments.denoiser))
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        write_benchmark(Path(folder) / f"{BENCHMARK_NOISY}.mat", arguments.blocks)
        command = [sys.executable, __file__, "--inside", folder]
        command += ["--layouts", arguments.layouts]
        if arguments.denoiser:
            command += ["--denoiser", str(arguments.denoiser.resolve())]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        file_mb = (Path(folder) / f"{BENCHMARK_NOISY}.mat").stat().st_size / MB
    report = json.loads(answer.stdout.splitlines()[-1])
    report["benchmark_mb"] = round(file_mb, 1)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
