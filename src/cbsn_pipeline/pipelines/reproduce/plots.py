"""The plots of a reproduction card: by camera and ISO, by image, by step."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.schedule import ramp_at

OURS, NOISY = "denoised", "noisy"
BLURS = ("gaussian_blur_oracle", "gaussian_blur_2")  # the first that was scored
# Distinguishable with every kind of colour vision (Okabe and Ito).
NOISY_STYLE = {"color": "#777777", "marker": "v"}
BLUR_STYLE = {"color": "#e69f00", "marker": "s"}
OUR_STYLE = {"color": "#0072b2", "marker": "o"}
CURVES = {
    "psnr_db": {**OUR_STYLE, "label": "weights as they are"},
    "psnr_db_ema": {
        "color": "#d55e00",
        "marker": "D",
        "label": "averaged weights (EMA)",
    },
}
RAMP_COLOUR = "#777777"

_DPI = 100
_OFFSET = 0.22  # of a group, between the methods
_MAX_NAMED = 60  # more image names than this would not be readable


def plot_by_camera(image_scores: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Plot the PSNR of every image, a panel per camera, in groups of equal ISO.

    Args:
        image_scores: One row per image and method, see ``validate``.
        labels: Names of the methods for the legend.

    Returns:
        One point per image and method: noisy, best blur, denoised. Means over all
        images are in the legend.
    """
    styles = _styles(image_scores)
    groups = _group(image_scores)
    cameras = groups.groupby("camera")["iso_text"].unique().to_dict()
    widths = [len(isos) for isos in cameras.values()]
    figure = Figure(
        figsize=(max(7.0, 1.5 + 0.75 * sum(widths)), 4.8),
        dpi=_DPI,
        layout="constrained",
    )
    panels = figure.subplots(
        1, len(cameras), sharey=True, squeeze=False, width_ratios=widths
    )[0]
    for axes, (camera, isos) in zip(panels, cameras.items(), strict=True):
        ours = groups[groups["camera"] == camera]
        _plot_camera(axes, ours, list(isos), styles)
        axes.set_title("camera unknown" if camera == "unknown" else camera)
    panels[0].set_ylabel("PSNR in dB (mean of an image's blocks)")
    figure.supxlabel(f"ISO{_reservation(image_scores)}")
    handles = panels[0].get_legend_handles_labels()[0]
    names = [
        f"{labels[method]}: mean {_of(groups, method)['psnr_db'].mean():.2f} dB"
        for method in styles
    ]
    _legend(figure, handles, names)
    return figure


def plot_gains(image_scores: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Plot how many dB each image gains over its noisy input, the most on top.

    Args:
        image_scores: One row per image and method.
        labels: Names of the methods for the legend.

    Returns:
        A line per image from the gain of the best blur to ours.
    """
    styles = {m: s for m, s in _styles(image_scores).items() if m != NOISY}
    groups = _group(image_scores)
    decibels = groups.pivot(index="row", columns="method", values="psnr_db")
    gains = decibels[list(styles)].sub(decibels[NOISY], axis=0)
    gains = gains.sort_values(OURS, kind="stable")
    num = len(gains)
    height = 1.6 + min(0.22 * max(num, 4), 11.0)
    figure = Figure(figsize=(7.5, height), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    places = range(num)
    axes.hlines(places, gains.min(axis=1), gains.max(axis=1), color="#cccccc", zorder=1)
    for method, style in styles.items():
        label = f"{labels[method]}: mean {gains[method].mean():+.2f} dB"
        axes.scatter(gains[method], places, label=label, zorder=2, **style)
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel("PSNR gained over the noisy image, dB")
    axes.set_ylim(-0.8, num - 0.2)
    axes.grid(visible=True, axis="x", alpha=0.3)
    _name_images(axes, groups.drop_duplicates("row").set_index("row").loc[gains.index])
    _legend(figure, *axes.get_legend_handles_labels())
    return figure


def plot_training(held_out: list[dict[str, float]], options: TrainOptions) -> Figure:
    """Plot the held-out PSNR over the steps, and the ramp of the loss terms.

    Args:
        held_out: Scores of moments: step, psnr_db and, where weights were averaged,
            psnr_db_ema.
        options: Of the training; the ramp follows from them.

    Returns:
        PSNR to the left, the ramp's weight from 0 to 1 to the right.
    """
    figure = Figure(figsize=(8, 4.8), dpi=_DPI, layout="constrained")
    axes = figure.add_subplot()
    ramp = axes.twinx()
    _plot_ramp(ramp, options)
    for name, style in CURVES.items():
        points = [(score["step"], score[name]) for score in held_out if name in score]
        _plot_curve(axes, points, style)
    if not held_out:
        axes.set_title("no blocks were held out: nothing was scored", fontsize=10)
        axes.yaxis.set_ticks([])
    axes.set_xlabel("step")
    axes.set_ylabel("PSNR of the held-out blocks, dB")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(visible=True, alpha=0.3)
    axes.set_zorder(ramp.get_zorder() + 1)  # the curve above the ramp
    axes.patch.set_visible(False)
    legends = [a.get_legend_handles_labels() for a in (axes, ramp)]
    _legend(figure, *(one + other for one, other in zip(*legends, strict=True)))
    return figure


def _plot_curve(
    axes: Axes, points: list[tuple[float, float]], style: dict[str, Any]
) -> None:
    if points:
        label = f"{style['label']}: {points[-1][1]:.2f} dB at the last point"
        steps, decibels = zip(*points, strict=True)
        axes.plot(steps, decibels, markersize=4, **{**style, "label": label})


def _plot_ramp(axes: Axes, options: TrainOptions) -> None:
    corners = sorted({0, min(options.ramp_steps, options.steps), options.steps})
    axes.plot(
        corners,
        [ramp_at(step, options) for step in corners],
        color=RAMP_COLOUR,
        linestyle="--",
        label="ramp of the visible and invariance terms (right)",
    )
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("weight of the terms, 0 to 1", color=RAMP_COLOUR)


def _styles(image_scores: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """How the methods that are shown look, in the order of the legend."""
    scored = set(image_scores["method"])
    blur = next((name for name in BLURS if name in scored), None)
    styles: dict[str, dict[str, Any]] = {NOISY: NOISY_STYLE}
    if blur:
        styles[blur] = BLUR_STYLE
    return {**styles, OURS: OUR_STYLE}


def _group(image_scores: pd.DataFrame) -> pd.DataFrame:
    """Sort by camera and ISO; ISO as text too, of which none is ``unknown``."""
    texts = [
        "unknown" if pd.isna(iso) else f"{int(iso)}" for iso in image_scores["iso"]
    ]
    table = image_scores.assign(iso_text=texts)
    return table.sort_values(["camera", "iso", "row"], kind="stable")


def _of(scores: pd.DataFrame, method: str) -> pd.DataFrame:
    return scores[scores["method"] == method]


def _plot_camera(
    axes: Axes, scores: pd.DataFrame, isos: list[str], styles: dict[str, Any]
) -> None:
    for number, (method, style) in enumerate(styles.items()):
        points = _of(scores, method)
        shift = (number - (len(styles) - 1) / 2) * _OFFSET
        places = [isos.index(iso) + shift for iso in points["iso_text"]]
        axes.scatter(places, points["psnr_db"], s=26, alpha=0.8, label=method, **style)
    for border in range(1, len(isos)):
        axes.axvline(border - 0.5, color="#dddddd", linewidth=0.8, zorder=0)
    axes.set_xlim(-0.5, len(isos) - 0.5)
    axes.set_xticks(range(len(isos)), isos, rotation=45)
    axes.grid(visible=True, axis="y", alpha=0.3)


def _name_images(axes: Axes, images: pd.DataFrame) -> None:
    """Name the images on the vertical axis; many are only counted."""
    if len(images) > _MAX_NAMED:
        axes.set_ylabel(f"{len(images)} images, sorted")
        axes.yaxis.set_ticks([])
        return
    names = [
        f"{image}" if camera == "unknown" else f"{image}  {camera} ISO {iso}"
        for image, camera, iso in zip(
            images["image"], images["camera"], images["iso_text"], strict=True
        )
    ]
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylabel(f"image{_reservation(images)}")


def _reservation(images: pd.DataFrame) -> str:
    inferred = (images["order"] == "inferred").any()
    return " (which image is which is inferred)" if inferred else ""


def _legend(figure: Figure, handles: list[Any], names: list[str]) -> None:
    figure.legend(handles, names, loc="outside upper left", frameon=False)
