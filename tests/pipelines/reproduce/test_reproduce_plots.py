import logging
import re

import numpy as np
import pandas as pd
import pytest
from kedro.validation.type_extractor import TypeExtractor

from cbsn_pipeline.pipelines.reproduce import create_pipeline, illustrate, plots
from cbsn_pipeline.pipelines.reproduce.card import PLOTS
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.training.options import TrainOptions

LABELS = {
    "denoised": "C-BSN",
    "noisy": "noisy input",
    "gaussian_blur_oracle": "best blur",
    "gaussian_blur_2": "blur 2",
}


def scores_of(decibels, *, order="given", cameras=None, isos=None):
    """Image scores: decibels by method, one value per image."""
    num = len(decibels["denoised"])
    return pd.DataFrame(
        [
            {
                "row": row,
                "image": 10 + row,
                "camera": (cameras or ["GP"] * num)[row],
                "iso": (isos or [800.0] * num)[row],
                "order": order,
                "method": method,
                "psnr_db": values[row],
            }
            for method, values in decibels.items()
            for row in range(num)
        ]
    )


@pytest.fixture
def scores():
    decibels = {
        "denoised": [36.0, 30.0, 33.0],
        "noisy": [26.0, 24.0, 21.0],  # gains 10, 6, 12
        "gaussian_blur_oracle": [33.0, 31.0, 30.0],  # 7, 7, 9
        "gaussian_blur_2": [1.0, 2.0, 3.0],
    }
    return scores_of(decibels, cameras=["GP", "GP", "N6"], isos=[3200.0, 800.0, 1600.0])


def legend_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def points_of(axes):
    return [collection.get_offsets().tolist() for collection in axes.collections]


def test_every_camera_has_a_panel_with_its_iso_in_order(scores):
    figure = plots.plot_by_camera(scores, LABELS)

    pixel, nexus = figure.axes
    assert [pixel.get_title(), nexus.get_title()] == ["GP", "N6"]
    assert [tick.get_text() for tick in pixel.get_xticklabels()] == ["800", "3200"]
    assert "dB" in pixel.get_ylabel()
    assert figure.get_supxlabel() == "ISO"


def test_every_image_is_a_point_per_method_and_the_means_are_named(scores):
    figure = plots.plot_by_camera(scores, LABELS)

    noisy, blur, ours = points_of(figure.axes[0])
    np.testing.assert_allclose(noisy, [[-0.22, 24.0], [0.78, 26.0]])
    np.testing.assert_allclose(blur, [[0.0, 31.0], [1.0, 33.0]])
    np.testing.assert_allclose(ours, [[0.22, 30.0], [1.22, 36.0]])
    assert legend_of(figure) == [
        "noisy input: mean 23.67 dB",
        "best blur: mean 31.33 dB",
        "C-BSN: mean 33.00 dB",
    ]


def test_images_of_unknown_cameras_share_a_panel():
    table = scores_of(
        {"denoised": [30.0, 31.0], "noisy": [20.0, 21.0]},
        cameras=["unknown"] * 2,
        isos=[np.nan] * 2,
        order="unknown",
    )

    (axes,) = plots.plot_by_camera(table, LABELS).axes

    assert axes.get_title() == "camera unknown"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["unknown"]
    assert len(axes.collections) == 2  # no blur was scored


def test_an_inferred_order_is_said():
    table = scores_of({"denoised": [30.0], "noisy": [20.0]}, order="inferred")

    assert "inferred" in plots.plot_by_camera(table, LABELS).get_supxlabel()
    assert "inferred" in plots.plot_gains(table, LABELS).axes[0].get_ylabel()


def test_gains_are_sorted_the_most_on_top(scores):
    figure = plots.plot_gains(scores, LABELS)

    axes = figure.axes[0]
    _, blur, ours = points_of(axes)  # the first are the lines between them
    assert ours == [[6.0, 0.0], [10.0, 1.0], [12.0, 2.0]]
    assert blur == [[7.0, 0.0], [7.0, 1.0], [9.0, 2.0]]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [
        "11  GP ISO 800",
        "10  GP ISO 3200",
        "12  N6 ISO 1600",
    ]
    assert legend_of(figure) == ["best blur: mean +7.67 dB", "C-BSN: mean +9.33 dB"]


def test_many_images_are_counted_not_named():
    many = [30.0] * 61
    table = scores_of({"denoised": many, "noisy": many})

    axes = plots.plot_gains(table, LABELS).axes[0]

    assert axes.get_ylabel() == "61 images, sorted"
    assert list(axes.get_yticks()) == []


def test_the_curve_has_both_weights_and_the_ramp():
    held_out = [
        {"step": 5, "psnr_db": 30.0, "psnr_db_ema": 29.0},
        {"step": 10, "psnr_db": 31.0, "psnr_db_ema": 32.0},
    ]

    figure = plots.plot_training(held_out, TrainOptions(steps=10, ramp_steps=4))

    scores, ramp = figure.axes
    raw, averaged = scores.get_lines()
    assert raw.get_xydata().tolist() == [[5.0, 30.0], [10.0, 31.0]]
    assert averaged.get_xydata().tolist() == [[5.0, 29.0], [10.0, 32.0]]
    (line,) = ramp.get_lines()
    assert line.get_xydata().tolist() == [[0.0, 0.0], [4.0, 1.0], [10.0, 1.0]]
    assert legend_of(figure)[:2] == [
        "weights as they are: 31.00 dB at the last point",
        "averaged weights (EMA): 32.00 dB at the last point",
    ]


def test_a_ramp_longer_than_the_training_is_cut():
    figure = plots.plot_training([], TrainOptions(steps=10, ramp_steps=40))

    scores, ramp = figure.axes
    assert ramp.get_lines()[0].get_xydata().tolist() == [[0.0, 0.0], [10.0, 0.25]]
    assert "nothing was scored" in scores.get_title()


def test_no_text_lies_on_other_text(scores):
    """Titles, ticks, labels and legends keep apart, also with many images."""
    decibels = {"denoised": np.arange(40.0), "noisy": np.zeros(40)}
    many = scores_of(decibels, cameras=["GP"] * 20 + ["IP"] * 20)
    held_out = [{"step": 500_000, "psnr_db": 30.0}]
    figures = [
        plots.plot_by_camera(scores, LABELS),
        plots.plot_gains(many, LABELS),
        plots.plot_training(held_out, TrainOptions()),
    ]
    for figure in figures:
        figure.draw_without_rendering()
        boxes = [legend.get_window_extent() for legend in figure.legends]
        for axes in figure.axes:
            texts = [axes.title, axes.xaxis.label, axes.yaxis.label, *ticks_of(axes)]
            boxes += [t.get_window_extent() for t in texts if t.get_text()]
        overlaps = [
            (one, other)
            for place, one in enumerate(boxes)
            for other in boxes[place + 1 :]
            if one.padded(-1).overlaps(other.padded(-1))
        ]
        assert len(boxes) > 5
        assert overlaps == []


def ticks_of(axes):
    """Labels of the vertical axis that are in view."""
    drawn = [(t, t.get_window_extent()) for t in axes.get_yticklabels()]
    return [
        t
        for t, box in drawn
        if axes.bbox.y0 - 1 <= box.y0 + box.height / 2 <= axes.bbox.y1 + 1
    ]


def test_the_page_links_to_its_plots_where_kedro_and_mlflow_keep_them(scores):
    summary = {"methods": {name: {"label": text} for name, text in LABELS.items()}}
    report = {"held_out": []}

    page, for_mlflow, *figures = illustrate.illustrate_card(
        f"before\n\n{PLOTS}\n\nafter", scores, summary, report, "V1", TrainOptions()
    )

    files = re.findall(r"!\[[^\]]+\]\((.*)\)", page)
    assert files == [
        f"../../{name}.png/V1/{name}.png" for name in illustrate.NAMES.values()
    ]
    assert page.startswith("before\n\n## Plots\n\n![PSNR of every image")
    assert page.endswith("\n\nafter")
    assert len(figures) == len(illustrate.NAMES)
    for name in illustrate.NAMES.values():
        assert f"]({name}.png)" in for_mlflow


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"reproduce": ReproduceOptions, "train": TrainOptions}
    assert not caplog.records
