"""From the scores of blocks to the tables that people read."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cbsn_pipeline import dagger
from cbsn_pipeline.imaging.metrics import SCORES_IN_WORDS
from cbsn_pipeline.pipelines.validate.rows import Row

METRICS = tuple(SCORES_IN_WORDS)
BLIND = "blind_"  # and the stride: rows of the blind network

_LABELS = {
    "denoised": "this denoiser, network alone",
    "restituted": "this denoiser, with restitution",
    "denoised_ema": "this denoiser, averaged weights (EMA)",
    "noisy": "noisy input",
    "non_local_means": "non-local means, h 20 (OpenCV)",
    "gaussian_blur_2": "Gaussian blur, sigma 2",
    "gaussian_blur_oracle": "Gaussian blur, best sigma {sigma:g} (oracle)",
}


def label_method(method: str, oracle_sigma: float | None) -> str:
    """Name a method for people; the oracle with its sigma and the word oracle."""
    if method.startswith(BLIND):
        stride = method.removeprefix(BLIND)
        return f"C-BSN, blind, sub-images of stride {stride}"
    return _LABELS[method].format(sigma=oracle_sigma or 0.0)


def average_by_image(block_scores: pd.DataFrame, rows: list[Row]) -> pd.DataFrame:
    """Average the scores over the blocks of each image.

    Args:
        block_scores: One row per method and block, with ``row``.
        rows: What each position on the first axis is.

    Returns:
        One row per image and method: row, image, scene_instance, camera, iso, order,
        method, num_blocks, metrics.
    """
    known = pd.DataFrame.from_records(
        [{"row": position, **vars(row)} for position, row in enumerate(rows)]
    )
    return known.merge(_average(block_scores, ["row", "method"]), on="row")


def title_images(image_scores: pd.DataFrame) -> dict[int, str]:
    """Name the image at each position on the first axis, for titles."""
    titles = {}
    for scores in image_scores.drop_duplicates("row").to_dict("records"):
        title = f"image {scores['image']}"
        if scores["order"] != "unknown":
            title += f", {scores['scene_instance']}"
        if scores["order"] == "inferred":
            title += " (order inferred)"
        titles[scores["row"]] = title
    return titles


def average_by_camera(image_scores: pd.DataFrame) -> pd.DataFrame:
    """Average over cameras (iso "all") and over camera and ISO.

    Every image counts the same. The column order says whether camera and ISO were
    inferred from SIDD's list of instances.

    Args:
        image_scores: See :func:`average_by_image`.

    Returns:
        One row per camera, ISO and method: camera, iso, order, method, num_images,
        num_blocks, metrics.
    """
    as_text = image_scores.assign(iso=[_iso_as_text(i) for i in image_scores["iso"]])
    whole_camera = as_text.assign(iso="all")
    groups = ["camera", "iso", "order", "method"]
    table = (
        pd.concat([whole_camera, as_text])
        .groupby(groups, sort=False)
        .agg(
            num_images=("row", "size"),
            num_blocks=("num_blocks", "sum"),
            **{metric: (metric, "mean") for metric in METRICS},
        )
        .reset_index()
    )
    # Numbers sort as numbers, "all" before them.
    sort_key = pd.to_numeric(table["iso"], errors="coerce").fillna(-1)
    ordered = table.assign(_key=sort_key).sort_values(["camera", "_key"], kind="stable")
    return ordered.drop(columns="_key").reset_index(drop=True)


def rank_methods(
    block_scores: pd.DataFrame, oracle_sigma: float | None
) -> pd.DataFrame:
    """Average every method over all blocks, the best PSNR first.

    Args:
        block_scores: One row per method and block.
        oracle_sigma: Sigma of the oracle blur, for its label.

    Returns:
        One row per method: method, label, psnr_db, gain_db (over the noisy input),
        the SSIMs, num_blocks.
    """
    table = _average(block_scores, ["method"])
    noisy_db = float(table.loc[table["method"] == "noisy", "psnr_db"].iloc[0])
    labels = [label_method(method, oracle_sigma) for method in table["method"]]
    table.insert(1, "label", labels)
    table.insert(3, "gain_db", table["psnr_db"] - noisy_db)
    table = table[[c for c in table if c != "num_blocks"] + ["num_blocks"]]
    return table.sort_values("psnr_db", ascending=False).reset_index(drop=True)


def count_trained_on(
    noisy: NDArray[np.uint8], trained_on: tuple[str, ...]
) -> dict[str, Any]:
    """Find out whether the scored pixels were seen in training (the dagger).

    Args:
        noisy: The scored blocks, (images, blocks, H, W, 3) uint8.
        trained_on: ``pixel_sha256`` of every image of training; empty if unknown.

    Returns:
        ``dagger`` in words, ``trained_on_scored_blocks`` and ``scored_blocks``.
    """
    indices = list(np.ndindex(noisy.shape[:2]))
    count = dagger.count_seen((noisy[i] for i in indices), trained_on)
    total, what = len(indices), "scored noisy blocks"
    return {
        "dagger": dagger.in_words(count, total, known=bool(trained_on), what=what),
        "trained_on_scored_blocks": count,
        "scored_blocks": total,
    }


def _average(scores: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """Mean of every metric per group; groups stay in the order they appear in."""
    return (
        scores.groupby(groups, sort=False)
        .agg(
            num_blocks=("block", "size"),
            **{metric: (metric, "mean") for metric in METRICS},
        )
        .reset_index()[[*groups, *METRICS, "num_blocks"]]
    )


def _iso_as_text(iso: float | None) -> str:
    return "unknown" if iso is None or np.isnan(iso) else str(int(iso))
