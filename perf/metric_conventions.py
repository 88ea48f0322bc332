"""Measures how much the conventions of PSNR and SSIM differ on real blocks.

Prints one JSON object: for the noisy blocks, for a Gaussian blur of sigma 4 that is
left in floating point, and for a denoiser if one is given, the mean of every score of
``imaging.metrics`` and of every number that published codes call PSNR
(``published_psnr.py``). Only a network goes beyond black and white.

    python perf/metric_conventions.py ../shared/data/sidd_validation --every 4
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.imaging.metrics import mean_scores, score
from cbsn_pipeline.imaging.quantise import as_scored, to_unit
from published_psnr import PUBLISHED_PSNR, psnr_pooled

Block = NDArray[np.uint8]
Unit = NDArray[np.float32]  # (H, W, 3) in [0, 1] and a little beyond: not clipped

BLUR_SIGMA = 4.0  # pixels: the best blur of SIDD's validation blocks


def read_pairs(folder: Path, every: int) -> Iterator[tuple[Block, Block]]:
    """Yield pairs from ``noisy`` and ``gt``, two folders with the same PNG names."""
    for path in sorted((folder / "noisy").glob("*.png"))[::every]:
        yield read_rgb(path), read_rgb(folder / "gt" / path.name)


def blur(noisy: Block, sigma: float = BLUR_SIGMA) -> Unit:
    """Blur (H, W, 3), 0..255, without rounding."""
    unit = to_unit(noisy)
    return np.asarray(
        cv2.GaussianBlur(unit, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    )


def load_denoiser(path: Path) -> Callable[[Block], Unit]:
    """Give what a network answers before it is rounded and clipped."""
    import torch

    from cbsn_pipeline.cbsn import Denoiser

    denoiser = Denoiser.load(path)

    def denoise(noisy: Block) -> Unit:
        unit = torch.from_numpy(to_unit(noisy).transpose(2, 0, 1)[None].copy())
        # The public way rounds or clips, which is what is measured here.
        restored = denoiser._denoise_unit(unit, padding=0)
        return restored[0].permute(1, 2, 0).numpy()

    return denoise


def measure(
    method: Callable[[Block], Unit], pairs: list[tuple[Block, Block]]
) -> dict[str, Any]:
    """Average every score of one method over blocks."""
    rows, scored, beyond = [], [], []
    for noisy, clean in pairs:
        output = method(noisy)
        published = {name: f(output, clean) for name, f in PUBLISHED_PSNR.items()}
        levels = as_scored(output)
        rows.append(score(levels, clean) | published)
        scored.append((levels, clean))
        rounded = np.rint(output * 255)
        beyond.append(np.mean((rounded < 0) | (rounded > 255)))  # noqa: PLR2004
    means = mean_scores(rows).means | {"psnr_pooled": psnr_pooled(scored)}
    return {
        "num_blocks": len(rows),
        "values_beyond_0_to_255_percent": round(100 * float(np.mean(beyond)), 4),
        **{name: round(mean, 4) for name, mean in means.items()},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="with noisy/ and gt/ PNGs")
    parser.add_argument("--every", type=int, default=1, help="take every n-th pair")
    parser.add_argument("--denoiser", type=Path, help="a denoiser.safetensors")
    arguments = parser.parse_args()
    pairs = list(read_pairs(arguments.folder, arguments.every))
    methods: dict[str, Callable[[Block], Unit]] = {
        "noisy": to_unit,
        "gaussian_blur_4": blur,
    }
    if arguments.denoiser:
        methods["denoiser"] = load_denoiser(arguments.denoiser)
    report = {name: measure(method, pairs) for name, method in methods.items()}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
