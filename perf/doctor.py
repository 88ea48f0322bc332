"""Measures the doctor on a made-up SIDD-Medium of full phone resolution.

Prints one JSON object: time, rate and peak memory of a quick and of a thorough check
of noisy and clean images, without Kedro's session.

    python perf/doctor.py --pairs 40
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cbsn_pipeline.raw_data_checks.examination import Examination, Part
from cbsn_pipeline.raw_data_checks.examine import examine
from cbsn_pipeline.threads import num_cores
from ingest_patches import MB, peak_rss, write_tree


def write_pairs(root: Path, num_pairs: int) -> None:
    """Write noisy images, and clean twins: the same, blurred."""
    write_tree(root, num_pairs)
    with ThreadPoolExecutor() as pool:
        list(pool.map(write_twin, sorted(root.rglob("*_NOISY_*.PNG"))))


def write_twin(noisy: Path) -> None:
    """Write the clean image of a noisy one: a box of 9 x 9 pixels averaged."""
    import cv2

    pixels = cv2.blur(cv2.imread(str(noisy)), (9, 9))
    clean = noisy.with_name(noisy.name.replace("NOISY", "GT"))
    cv2.imwrite(str(clean), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])


def check(root: Path, *, thorough: bool) -> tuple[Examination, float, float]:
    """Look at the tree; return what was seen, seconds, and those of all cores."""
    part = Part(
        *("noisy training images", "sidd_medium", root, ("training",)),
        *(("train",), "made up"),
        required=True,
    )
    start, cpu = time.perf_counter(), time.process_time()
    seen = examine(part, thorough=thorough, workers=num_cores())
    return seen, time.perf_counter() - start, time.process_time() - cpu


def measure(root: Path, num_pairs: int) -> dict[str, object]:
    """Check a tree that another process made: its memory is not counted."""
    maker = multiprocessing.get_context("spawn").Process(
        target=write_pairs, args=(root, num_pairs)
    )
    maker.start()
    maker.join()
    if maker.exitcode != 0:
        raise SystemExit("The images could not be written.")
    _, quick_seconds, _ = check(root, thorough=False)
    quick_peak = peak_rss()
    seen, seconds, cpu = check(root, thorough=True)
    files = 2 * num_pairs
    return {
        "pairs": num_pairs,
        "files": files,
        "cores": num_cores(),
        "png_mb": round(seen.facts["bytes"] / MB),
        "findings": [finding.code for finding in seen.findings],
        "quick_seconds": round(quick_seconds, 3),
        "quick_files_per_s": round(files / quick_seconds),
        "quick_peak_rss_mb": round(quick_peak / MB),
        "thorough_seconds": round(seconds, 2),
        "thorough_cpu_seconds": round(cpu, 2),
        "thorough_files_per_s": round(files / seconds, 2),
        "thorough_peak_rss_mb": round(peak_rss() / MB),
    }


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--folder", type=Path, help="where to write; 0.1 GB per pair")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(measure(Path(folder), arguments.pairs), indent=1))


if __name__ == "__main__":
    main()
