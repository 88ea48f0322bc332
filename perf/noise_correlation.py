"""Compares the noise of the embedded sample with that of real photographs.

Prints one JSON object: for each source the autocorrelation of noisy - clean at lags
1..5, the correlation between colours, and the noisy PSNR, each the mean over blocks.
Without arguments only the sample is measured, from the parameters in conf/base.

    python perf/noise_correlation.py --real ../shared/data/sidd_validation
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.imaging.noise_correlation import noise_autocorrelation
from cbsn_pipeline.pipelines.sample.options import SampleOptions
from cbsn_pipeline.pipelines.sample.simulation import simulate_validation

Block = NDArray[np.uint8]
PARAMETERS = Path(__file__).resolve().parents[1] / "conf/base/parameters_sample.yml"
MAX_LAG = 5
COLOUR_PAIRS = {"red_green": (0, 1), "green_blue": (1, 2), "red_blue": (0, 2)}


def sample_pairs() -> Iterator[tuple[Block, Block]]:
    """Yield noisy and clean validation blocks of the sample, (256, 256, 3) uint8."""
    options = SampleOptions(**yaml.safe_load(PARAMETERS.read_text())["sample"])
    noisy, clean = simulate_validation(options)
    for index in np.ndindex(noisy.shape[:2]):
        yield noisy[index], clean[index]


def real_pairs(folder: Path, every: int) -> Iterator[tuple[Block, Block]]:
    """Yield pairs from ``noisy`` and ``gt``, two folders with the same PNG names."""
    for path in sorted((folder / "noisy").glob("*.png"))[::every]:
        yield read_rgb(path), read_rgb(folder / "gt" / path.name)


def measure(pairs: Iterable[tuple[Block, Block]]) -> dict[str, Any]:
    """Average the statistics of the noise over blocks."""
    lags, colours, psnrs = [], [], []
    for noisy, clean in pairs:
        noise = noisy.astype(np.float64) - clean
        lags.append(noise_autocorrelation(noise, MAX_LAG))
        colours.append(np.corrcoef(noise.reshape(-1, 3).T))
        psnrs.append(psnr(noisy, clean))
    horizontal, vertical = np.mean(lags, axis=0).round(3).tolist()
    between = np.mean(colours, axis=0)
    return {
        "num_blocks": len(psnrs),
        "horizontal": horizontal,
        "vertical": vertical,
        "colours": {n: round(float(between[i]), 3) for n, i in COLOUR_PAIRS.items()},
        "psnr_db": {
            "mean": round(float(np.mean(psnrs)), 2),
            "lowest": round(float(np.min(psnrs)), 2),
            "highest": round(float(np.max(psnrs)), 2),
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="folder with noisy/ and gt/ PNGs")
    parser.add_argument("--every", type=int, default=1, help="take every n-th pair")
    arguments = parser.parse_args()
    report = {"sample": measure(sample_pairs())}
    if arguments.real:
        report["real"] = measure(real_pairs(arguments.real, arguments.every))
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
