"""Plots of the scores, and the blocks themselves at one pixel per pixel."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cbsn_pipeline.panels import PanelRow, draw_panels

Image = NDArray[np.uint8]

# Distinguishable with every kind of colour vision (Okabe and Ito).
_STYLES = {
    "noisy": {"color": "#777777", "marker": "v"},
    "gaussian_blur_oracle": {"color": "#e69f00", "marker": "s"},
    "denoised": {"color": "#0072b2", "marker": "o"},
    "restituted": {"color": "#009e73", "marker": "D"},
    "denoised_ema": {"color": "#56b4e9", "marker": "v"},
}
_MAX_NAMED = 60  # more image names than this would not be readable


@dataclass(frozen=True)
class BlockRow:
    """One block to show, in its three states.

    Attributes:
        rank: "worst", "median" or "best".
        title: The same in words, and which block it is.
        noisy: (H, W, 3) uint8, as are the other two.
        denoised: What the denoiser made of it.
        clean: The ground truth.
        noisy_db: PSNR of the noisy block.
        denoised_db: PSNR of the denoised block.
    """

    rank: str
    title: str
    noisy: Image
    denoised: Image
    clean: Image
    noisy_db: float
    denoised_db: float

    @property
    def strip(self) -> Image:
        """Noisy, denoised and clean side by side, (H, 3 W, 3)."""
        return np.concatenate([self.noisy, self.denoised, self.clean], axis=1)


def plot_psnr_per_image(image_scores: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Plot the PSNR of each image: denoised against noisy and the oracle blur.

    Args:
        image_scores: One row per image and method.
        labels: Names of the methods for the legend.

    Returns:
        A figure of 11 x 5 inches.
    """
    figure = Figure(figsize=(11, 5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for method, style in _STYLES.items():
        scores = image_scores[image_scores["method"] == method]
        if scores.empty:
            continue
        mean = scores["psnr_db"].mean()
        axes.plot(
            scores["row"],
            scores["psnr_db"],
            linestyle="none",
            label=f"{labels[method]}: mean {mean:.2f} dB",
            color=style["color"],
            marker=style["marker"],
        )
    _finish(axes, image_scores.drop_duplicates("row"))
    return figure


def draw_blocks(rows: list[BlockRow]) -> Figure:
    """Show noisy, denoised and clean blocks, one row per block, not resampled.

    Args:
        rows: Blocks of one size.

    Returns:
        A figure whose pixels are those of the blocks: save it with its own dpi.
    """
    return draw_panels(
        [
            PanelRow(
                row.title,
                {
                    f"noisy, {row.noisy_db:.2f} dB": row.noisy,
                    f"denoised, {row.denoised_db:.2f} dB": row.denoised,
                    "clean": row.clean,
                },
            )
            for row in rows
        ]
    )


def pick_blocks(
    block_scores: pd.DataFrame,
    titles: dict[int, str],
    denoised: NDArray[np.uint8],
    noisy: NDArray[np.uint8],
    clean: NDArray[np.uint8],
) -> list[BlockRow]:
    """Pick the worst, the median and the best block by the PSNR of the denoiser.

    Args:
        block_scores: One row per method and block.
        titles: Name of the image at each position on the first axis.
        denoised: (images, blocks, H, W, 3) uint8.
        noisy: Same shape and type.
        clean: Same shape and type.

    Returns:
        Worst, median, best; a set of one or two blocks repeats some.
    """
    decibels = block_scores.pivot(
        index=["row", "block"], columns="method", values="psnr_db"
    ).sort_values("denoised", kind="stable")
    picks = {"worst": 0, "median": len(decibels) // 2, "best": len(decibels) - 1}
    rows = []
    for rank, position in picks.items():
        scores = decibels.iloc[position]
        row, block = decibels.index[position]
        rows.append(
            BlockRow(
                rank=rank,
                title=f"{rank} of {len(decibels)}: block {block} of {titles[row]}",
                noisy=noisy[row, block],
                denoised=denoised[row, block],
                clean=clean[row, block],
                noisy_db=scores["noisy"],
                denoised_db=scores["denoised"],
            )
        )
    return rows


def _finish(axes: Axes, images: pd.DataFrame) -> None:
    axes.set_xlabel("image")
    axes.set_ylabel("PSNR in dB (mean of its blocks)")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    if len(images) > _MAX_NAMED:
        return
    names = [
        f"{image}" if camera == "unknown" else f"{image} {camera} ISO {int(iso)}"
        for image, camera, iso in zip(
            images["image"], images["camera"], images["iso"], strict=True
        )
    ]
    axes.set_xticks(images["row"], names, rotation=90 if len(names) > 8 else 0)  # noqa: PLR2004
    if (images["order"] == "inferred").any():
        axes.set_xlabel("image, camera and ISO (order inferred)")
