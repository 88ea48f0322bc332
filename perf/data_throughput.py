"""Measures how fast patches come from their HDF5 file, against what training consumes.

Prints one JSON object: patches/s of plain reads (PatchFile, in random order) and of
whole batches (Batches.prefetch: read ahead, crop, turn, normalise), each cold and warm,
and how many times what training asks for that is. The file is made in a temporary
folder, by the project's own extraction, from random images: noise, like photographs of
noise, does not compress.

Cold means that the system was asked to forget the file (posix_fadvise). Whether it did
is measured: ``from_disk`` is the share of the file's bytes that the disk had to deliver
(/proc/self/io). Below a machine's own cache there may be another one, of its host, that
nobody here can empty: then "cold" is the speed of that one.

    python perf/data_throughput.py                             # 2 GB
    python perf/data_throughput.py --gigabytes 30 --folder /data   # more than memory
    python perf/data_throughput.py --steps-per-second 40 --batch 8
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.datasets.patches_dataset import PatchesDataset
from cbsn_pipeline.formats.patch_file import PatchFile
from cbsn_pipeline.noisy_images import NoisyImage, NoisyImages
from cbsn_pipeline.pipelines.ingest.nodes import build_manifest
from cbsn_pipeline.pipelines.ingest.options import IngestOptions
from cbsn_pipeline.pipelines.patches.nodes import extract_patches
from cbsn_pipeline.pipelines.patches.options import PatchOptions
from cbsn_pipeline.threads import num_cores
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.estimate.bench import synchronise
from cbsn_pipeline.training.hardware.device import choose_device, tune
from cbsn_pipeline.training.options import TrainOptions
from train_throughput import machine

PATCHES_PER_SIDE = 8  # of an image
TARGET_STEPS = 120.0  # per second, at batch 4, on a GPU
IO_COUNTERS = Path("/proc/self/io")
GB, MB = 1e9, 1e6


def write_patches(folder: Path, arguments: argparse.Namespace) -> tuple[Path, float]:
    """Write a file of about so many bytes; return it and the patches/s of writing."""
    side = PATCHES_PER_SIDE * arguments.patch_size
    count = max(1, round(arguments.gigabytes * GB / (side * side * 3)))
    images = random_images(folder, count, side)
    layout = PatchOptions(
        patch_size=arguments.patch_size,
        stride=arguments.patch_size,
        border=0,
        compression=arguments.compression,
    )
    manifest = build_manifest(images, IngestOptions())
    path = folder / "patches.h5"
    start = time.perf_counter()
    PatchesDataset(filepath=str(path)).save(extract_patches(images, manifest, layout))
    seconds = time.perf_counter() - start
    return path, count * PATCHES_PER_SIDE**2 / seconds


def random_images(folder: Path, count: int, side: int) -> NoisyImages:
    """Images that are drawn whenever they are read: (side, side, 3), uint8."""
    placeholder = folder / "no_image"
    placeholder.touch()

    def read(image: NoisyImage) -> NDArray[Any]:
        assert image.member
        rng = np.random.default_rng(image.member)
        return np.frombuffer(rng.bytes(side * side * 3), np.uint8).reshape(side, -1, 3)

    images = [NoisyImage("random", placeholder, member=(i,)) for i in range(count)]
    return NoisyImages("photos", images, read=read, read_bytes=2 * side * side * 3)


def read_raw(path: Path, arguments: argparse.Namespace) -> int:
    """Read every patch once, in random order, one by one."""
    patches = PatchFile(path)
    for index in np.random.default_rng(0).permutation(len(patches)):
        patches[int(index)]
    patches.close()
    return len(patches)


def read_batches(path: Path, arguments: argparse.Namespace) -> int:
    """Draw the batches of one epoch, as training does, on the device."""
    patches = PatchFile(path)
    options = TrainOptions(batch_size=arguments.batch, crop_size=arguments.crop)
    device = choose_device(arguments.device)
    batches = Batches(patches, options, device=device)
    steps = len(patches) // options.batch_size
    for _ in batches.prefetch(0, steps):
        pass  # a step would be taken here, while the next patches are read
    synchronise(device)
    patches.close()
    return steps * options.batch_size


def timed(
    read: Callable[[Path, argparse.Namespace], int],
    path: Path,
    arguments: argparse.Namespace,
    *,
    cold: bool,
) -> dict[str, Any]:
    """Time one pass over the file.

    Returns:
        Patches and megabytes per second, the multiple of what training consumes, and
        the share of the bytes that came from the disk (None where nobody counts).
    """
    if cold:
        forget(path)
    before, start = bytes_from_disk(), time.perf_counter()
    patches = read(path, arguments)
    seconds = time.perf_counter() - start
    delivered, size = bytes_from_disk() - before, path.stat().st_size
    needed = arguments.steps_per_second * arguments.batch
    return {
        "patches_per_s": round(patches / seconds),
        "mb_per_s": round(size / MB / seconds),
        "times_what_training_consumes": float(f"{patches / seconds / needed:.3g}"),
        "from_disk": round(delivered / size, 3) if IO_COUNTERS.exists() else None,
    }


def forget(path: Path) -> None:
    """Ask the system to drop the file from its cache; only Linux and BSDs can."""
    with path.open("rb") as file:
        os.fsync(file.fileno())  # what is not yet written cannot be dropped
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def bytes_from_disk() -> int:
    """Bytes that the disk delivered to this process so far; 0 if nobody counts."""
    counters = IO_COUNTERS.read_text("ascii") if IO_COUNTERS.exists() else ""
    found = re.search(r"^read_bytes: (\d+)", counters, re.M)
    return int(found[1]) if found else 0


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write the file, then read it in every way."""
    device = choose_device(arguments.device)
    tune(device, "auto")
    path, written = write_patches(folder, arguments)
    found: dict[str, Any] = {}
    for name, read in (("patch_file", read_raw), ("batches", read_batches)):
        found[name] = {"cold": timed(read, path, arguments, cold=True)}
        warm = [timed(read, path, arguments, cold=False) for _ in range(2)]
        found[name]["warm"] = max(warm, key=lambda result: result["patches_per_s"])
    return {
        **machine(device),
        "cores": num_cores(),
        "device": str(device),
        "patches": len(PatchFile(path)),
        "patch_size": arguments.patch_size,
        "compression": arguments.compression,
        "file_mb": round(path.stat().st_size / MB),
        "written_patches_per_s": round(written),
        "training_consumes_patches_per_s": arguments.steps_per_second * arguments.batch,
        "crop_size": arguments.crop,
        **found,
        "cold_is": describe_cold(found),
    }


def describe_cold(found: dict[str, Any]) -> str:
    """Say whether the cold numbers can be relied on."""
    shares = [result["cold"]["from_disk"] for result in found.values()]
    if None in shares:
        return "unknown: this system does not count what a disk delivers"
    if min(shares) < 0.9:  # noqa: PLR2004 - of the file
        return "not cold: this system kept part of the file, or all, in memory"
    return "cold for this system; a virtual machine's host may have had it in memory"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gigabytes", type=float, default=2.0, help="of the file")
    parser.add_argument("--patch-size", type=int, default=256, help="pixels per side")
    parser.add_argument("--compression", choices=("lzf", "gzip"))
    parser.add_argument("--crop", type=int, default=120, help="pixels per side")
    parser.add_argument("--batch", type=int, default=4, help="crops per step")
    parser.add_argument("--steps-per-second", type=float, default=TARGET_STEPS)
    parser.add_argument("--device", default="auto", help="where batches are wanted")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(measure(Path(folder), arguments), indent=1))


if __name__ == "__main__":
    main()
