"""Scores every block with every method, on all cores.

Threads are enough: OpenCV and numpy let go of the interpreter lock. One thread
works on one block.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cbsn_pipeline.imaging.baselines import gaussian_blur, non_local_means
from cbsn_pipeline.imaging.metrics import psnr, score
from cbsn_pipeline.pipelines.validate.options import Baseline
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.threads import map_in_order, single_threaded_opencv

logger = logging.getLogger(__name__)

Image = NDArray[np.uint8]
Blocks = NDArray[np.uint8]
Index = tuple[int, ...]
Record = dict[str, str | int | float]

T = TypeVar("T")


def search_blur(
    noisy: Blocks, clean: Blocks, sigmas: tuple[float, ...], *, workers: int
) -> dict[float, float]:
    """Score a blur at each sigma.

    Args:
        noisy: (images, blocks, H, W, 3) uint8.
        clean: Same shape and type.
        sigmas: In pixels.
        workers: Threads.

    Returns:
        For each sigma the mean over blocks of the PSNR, in dB.
    """

    def score_block(index: Index) -> list[float]:
        return [psnr(gaussian_blur(noisy[index], s), clean[index]) for s in sigmas]

    scores = map_blocks(score_block, noisy, "Searching the best blur", workers)
    means = np.mean(scores, axis=0)
    return {sigma: float(mean) for sigma, mean in zip(sigmas, means, strict=True)}


def score_methods(
    denoised: dict[str, Blocks],
    noisy: Blocks,
    clean: Blocks,
    baselines: dict[str, Callable[[Image], Image]],
    *,
    workers: int,
) -> pd.DataFrame:
    """Score the denoised and the noisy blocks and what each baseline makes of them.

    Args:
        denoised: What denoisers made of them, by name: (images, blocks, H, W, 3) uint8.
        noisy: Same shape and type.
        clean: Same shape and type.
        baselines: From noisy image to denoised image, by name.
        workers: Threads.

    Returns:
        One row per method and block: method, row (position on the first axis), block
        and the metrics.
    """

    def score_block(index: Index) -> list[Record]:
        rivals = {name: method(noisy[index]) for name, method in baselines.items()}
        ours = {name: blocks[index] for name, blocks in denoised.items()}
        images = {**ours, "noisy": noisy[index], **rivals}
        row, block = index
        return [
            {
                "method": name,
                "row": row,
                "block": block,
                **score(image, clean[index]),
            }
            for name, image in images.items()
        ]

    per_block = map_blocks(score_block, noisy, "Scoring", workers)
    return pd.DataFrame.from_records([r for records in per_block for r in records])


def warn_of_identical(scores: pd.DataFrame) -> None:
    """Say which blocks have an infinite PSNR: it makes the mean infinite too."""
    identical = scores[np.isinf(scores["psnr_db"])]
    if len(identical):
        first = identical.iloc[0]
        logger.warning(
            "%d scores are infinite, so the mean is: row %d, block %d of %r is the "
            "clean block, pixel by pixel.",
            *(len(identical), first["row"], first["block"], first["method"]),
        )


def choose_baselines(
    names: tuple[Baseline, ...], oracle_sigma: float | None
) -> dict[str, Callable[[Image], Image]]:
    """Find the functions behind the names of baselines.

    Args:
        names: As in the options.
        oracle_sigma: The sigma that the oracle chose, where it is wanted.
    """
    known: dict[str, Callable[[Image], Image]] = {
        "non_local_means": non_local_means,
        "gaussian_blur_2": lambda image: gaussian_blur(image, 2.0),
    }
    if oracle_sigma is not None:
        known["gaussian_blur_oracle"] = lambda image: gaussian_blur(image, oracle_sigma)
    return {name: known[name] for name in names}


def map_blocks(
    function: Callable[[Index], T], blocks: Blocks, label: str, workers: int
) -> list[T]:
    """Apply a function to the index of every block, on several threads.

    Args:
        function: Called with (image, block).
        blocks: (images, blocks, ...): only its shape is used.
        label: What the progress bar says.
        workers: Threads.

    Returns:
        The results, in the order of the blocks.
    """
    indices = list(np.ndindex(blocks.shape[:2]))
    results = []
    with (
        single_threaded_opencv(),
        Progress(label, total=len(indices), unit="blocks") as bar,
    ):
        for result in map_in_order(function, indices, workers=workers):
            results.append(result)
            bar.advance()
    return results
