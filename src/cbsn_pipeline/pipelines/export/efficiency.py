"""What denoising costs: parameters, arithmetic, time and memory."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cbsn_pipeline.cbsn import Denoiser
from cbsn_pipeline.host_memory import forget_peak_rss, peak_rss, trim_heap
from cbsn_pipeline.imaging.baselines import non_local_means
from cbsn_pipeline.pipelines.export.options import ExportOptions
from cbsn_pipeline.software import hardware

MIB = 2**20
WARM_UP = 64  # side of the picture that is denoised before anything is timed
LABELS = {
    "denoiser": "this denoiser, network alone",
    "restituted": "this denoiser, with restitution",
    "non_local_means": "non-local means, h 20 (OpenCV)",
}

Image = NDArray[np.uint8]


def make_card(denoiser: Denoiser, options: ExportOptions) -> dict[str, Any]:
    """Time the methods in turn on one picture.

    Args:
        denoiser: On the device where it is to be measured.
        options: Size of the picture and number of rounds.

    Returns:
        Arithmetic per pixel; of each method the median time and the most memory that
        it took beyond what the process held before.
    """
    methods: dict[str, Callable[[Image], Image]] = {
        "denoiser": denoiser.denoise,
        "restituted": denoiser.restituting("auto").denoise,
        "non_local_means": non_local_means,
    }
    shape = (options.side, options.side, 3)
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for run in methods.values():
        run(picture[:WARM_UP, :WARM_UP])
    rounds = [
        {name: _measure(run, picture) for name, run in methods.items()}
        for _ in range(options.rounds)
    ]
    return {
        "macs_per_pixel": denoiser.net.macs_per_pixel,
        "hardware": hardware(),
        "side": options.side,
        "rounds": options.rounds,
        "methods": {
            name: {
                "ms_per_megapixel": statistics.median(r[name][0] for r in rounds),
                "peak_mib": max(r[name][1] for r in rounds),
            }
            for name in methods
        },
    }


def to_markdown(card: dict[str, Any]) -> str:
    """Write the card for people."""
    lines = [
        f"# Efficiency of {card['network']}",
        "",
        f"{card['parameters']:,} parameters, {card['macs_per_pixel']:,} "
        f"multiply-accumulates per pixel. {card['hardware']}; a picture of "
        f"{card['side']} x {card['side']} pixels, the methods in turn, median of "
        f"{card['rounds']} rounds; memory beyond what the process held before.",
        "",
        "| method | ms per megapixel | peak memory, MiB |",
        "|---|---|---|",
    ]
    lines += [
        f"| {LABELS[name]} | {row['ms_per_megapixel']:,.0f} | {row['peak_mib']:,.0f} |"
        for name, row in card["methods"].items()
    ]
    return "\n".join(lines) + "\n"


def _measure(run: Callable[[Image], Image], picture: Image) -> tuple[float, float]:
    """Milliseconds per megapixel, and MiB taken: of the GPU, where there is one."""
    trim_heap()
    forget_peak_rss()
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    held = torch.cuda.memory_allocated() if on_gpu else peak_rss()
    start = time.perf_counter()
    run(picture)
    seconds = time.perf_counter() - start
    most = torch.cuda.max_memory_allocated() if on_gpu else peak_rss()
    pixels = picture.shape[0] * picture.shape[1]
    return 1e9 * seconds / pixels, (most - held) / MIB
