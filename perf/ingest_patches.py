"""Measures ingest and patches on a made-up SIDD-Medium of full phone resolution.

Prints one JSON object: time, rates and peak memory of the two stages, without Kedro's
session. The images are noise on a ramp, so PNG finds as little to compress as in real
ones.

    python perf/ingest_patches.py --images 40
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cbsn_pipeline.datasets.patches_dataset import PatchesDataset
from cbsn_pipeline.noisy_images import find_noisy_images
from cbsn_pipeline.pipelines.ingest.nodes import build_manifest
from cbsn_pipeline.pipelines.ingest.options import IngestOptions
from cbsn_pipeline.pipelines.patches.nodes import extract_patches
from cbsn_pipeline.pipelines.patches.options import PatchOptions
from cbsn_pipeline.threads import num_cores

PHONES = {  # camera: height and width in pixels, as SIDD's
    "S6": (3000, 5328),
    "G4": (2988, 5312),
    "N6": (3120, 4208),
    "GP": (3044, 4048),
    "IP": (3024, 4032),
}
MB = 1e6
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux


def write_tree(root: Path, num_images: int) -> None:
    """Write ``num_images`` noisy PNGs, two per scene instance, as SIDD-Medium has."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda index: write_image(root, index), range(num_images)))


def write_image(root: Path, index: int) -> None:
    """Write one image: uint8, noise of standard deviation 12 on a ramp 40..200."""
    import cv2

    instance, frame = index // 2 + 1, index % 2
    camera = list(PHONES)[(instance - 1) % len(PHONES)]
    height, width = PHONES[camera]
    folder = root / "Data" / f"{instance:04d}_001_{camera}_00800_00350_3200_N"
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(index).standard_normal((height, width, 3), np.float32)
    noise *= 12
    noise += np.linspace(40, 200, width, dtype=np.float32)[:, None]
    path = folder / f"{instance:04d}_NOISY_SRGB_{10 + frame:03d}.PNG"
    pixels = np.clip(noise, 0, 255).astype(np.uint8)
    path.write_bytes(
        cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    )


@contextmanager
def timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note how long a stage took."""
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start


def measure(root: Path, num_images: int) -> dict[str, object]:
    """Run ingest, patches, and patches again on a tree made in another process."""
    maker = multiprocessing.get_context("spawn").Process(
        target=write_tree, args=(root / "raw", num_images)
    )  # its memory is not to be counted
    maker.start()
    maker.join()
    if maker.exitcode != 0:
        raise SystemExit("The images could not be written.")
    seconds: dict[str, float] = {}
    patches = PatchesDataset(filepath=str(root / "patches.h5"))
    with timed(seconds, "ingest"):
        images = find_noisy_images("sidd_medium", root / "raw")
        manifest = build_manifest(images, IngestOptions())
    peak_of_ingest = peak_rss()
    with timed(seconds, "patches"):
        patches.save(extract_patches(images, manifest, PatchOptions()))
    with timed(seconds, "patches_again"):
        patches.save(extract_patches(images, manifest, PatchOptions()))
    num_patches = len(patches.load())
    files = [image.file for image in images]
    return {
        "images": len(images),
        "megapixels": manifest.summary["megapixels"],
        "cores": num_cores(),
        "png_mb_read_twice": round(sum(f.stat().st_size for f in files) / MB),
        "h5_mb_written": round((root / "patches.h5").stat().st_size / MB),
        "patches": num_patches,
        "seconds": {stage: round(s, 2) for stage, s in seconds.items()},
        "ingest_images_per_s": round(len(images) / seconds["ingest"], 2),
        "patches_per_s": round(num_patches / seconds["patches"]),
        "peak_rss_mb_ingest": round(peak_of_ingest / MB),
        "peak_rss_mb": round(peak_rss() / MB),
    }


def peak_rss() -> int:
    """Return the most memory this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument(
        "--folder", type=Path, help="where to write; needs 0.1 GB/image"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(measure(Path(folder), arguments.images), indent=1))


if __name__ == "__main__":
    main()
