"""Nodes of the diagnosis."""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from cbsn_pipeline.pipelines.diagnose.options import DiagnoseOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cbsn_pipeline.datasets.photos_dataset import Photos
else:
    # Kedro resolves every annotation of a node to find the options among them.
    Figure = Photos = Any

logger = logging.getLogger(__name__)

COLOURS = ("#d55e00", "#009e73", "#0072b2")  # of red, green and blue


def diagnose_photos(
    photos: Photos, options: DiagnoseOptions
) -> tuple[dict[str, Any], dict[str, float]]:
    """Measure the noise of photographs, and say what a training needs to know.

    Args:
        photos: The photographs; some of them, evenly spread, where there are many.
        options: How many.

    Returns:
        The report: each photograph, groups by camera and ISO, advice, and what could
        not be measured; and figures for MLflow.

    Raises:
        ValueError: None could be measured.
    """
    from cbsn_pipeline.photos.diagnosing import advise, diagnose_photo, group_by_shot
    from cbsn_pipeline.photos.photo import FAILURES, why

    count = min(len(photos), options.most_photos)
    chosen = np.unique(np.linspace(0, len(photos) - 1, count).astype(int))
    diagnosed, problems = [], {}
    for index in chosen:
        name = photos.relative[index].as_posix()
        try:
            diagnosed.append(diagnose_photo(name, photos.read(index)))
        except FAILURES as error:
            problems[name] = why(photos[index], error)
            logger.warning("Not measured: %s", problems[name])
    if not diagnosed:
        raise ValueError(
            f"None of {len(chosen)} photographs could be measured; the first: "
            f"{next(iter(problems.values()))}"
        )
    advice = advise(diagnosed)
    groups = group_by_shot(diagnosed)
    for group in groups:
        logger.info(
            "%s, ISO %s: %d photos, noise %.1f of 255, independent from %s pixels on",
            *(group["camera"], group["iso"] or "not said", group["photos"]),
            *(group["level"], group["stride"] or "more than ten"),
        )
    for sentence in advice:
        logger.info("%s", sentence)
    report = {
        "advice": advice,
        "groups": groups,
        "photos": [each.facts() for each in diagnosed],
        "not_measured": problems,
    }
    correlation = np.mean([each.noise.correlation for each in diagnosed], axis=(0, 1))
    metrics = {"diagnose/level": float(np.median([d.noise.level for d in diagnosed]))}
    metrics |= {
        f"diagnose/correlation_at_{lag}": float(value)
        for lag, value in enumerate(correlation, start=1)
    }
    return report, metrics


def plot_noise(report: dict[str, Any]) -> Figure:
    """Draw level against brightness, and correlation against distance."""
    from matplotlib.figure import Figure as NewFigure

    from cbsn_pipeline.imaging.noise_diagnosis import CORRELATED, RGB

    photos = report["photos"]
    figure = NewFigure(figsize=(10, 4), layout="constrained")
    level, alike = figure.subplots(1, 2)
    brightness = np.array(photos[0]["brightness"])
    for channel, (name, colour) in enumerate(zip(RGB, COLOURS, strict=True)):
        lines = np.array([photo["levels"][channel] for photo in photos], float)
        seen = np.isfinite(lines).any(axis=0)  # no photograph is that bright elsewhere
        low, middle, high = np.nanpercentile(lines[:, seen], (25, 50, 75), axis=0)
        level.plot(brightness[seen], middle, color=colour, marker="o", label=name)
        level.fill_between(brightness[seen], low, high, color=colour, alpha=0.15)
    level.set(xlabel="brightness of 255", ylabel="noise of 255", ylim=(0, None))
    level.legend()
    for axis, name in enumerate(("columns", "rows")):
        lines = np.array([photo["correlation"][axis] for photo in photos])
        lags = np.arange(1, lines.shape[1] + 1)
        alike.plot(lags, np.median(lines, axis=0), marker="o", label=f"between {name}")
        low, high = np.percentile(lines, (25, 75), axis=0)
        alike.fill_between(lags, low, high, alpha=0.2)
    alike.axhline(CORRELATED, color="grey", linestyle="--", label="as much is too much")
    alike.set(xlabel="distance in pixels", ylabel="correlation")
    alike.legend()
    figure.suptitle(
        f"{len(photos)} photographs: the median, and half of them around it"
    )
    return figure
