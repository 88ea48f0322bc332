from io import BytesIO

import cv2
import numpy as np
import pandas as pd
import pytest

from cbsn_pipeline.pipelines.validate.figures import (
    BlockRow,
    draw_blocks,
    pick_blocks,
    plot_psnr_per_image,
)


def rendered(figure):
    """The pixels that kedro's MatplotlibDataset would write, RGB."""
    file = BytesIO()
    figure.savefig(file)
    return cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_COLOR_RGB)


def block_row(rank, seed, size=40):
    rng = np.random.default_rng(seed)
    noisy, denoised, clean = rng.integers(0, 256, (3, size, size, 3)).astype(np.uint8)
    return BlockRow(rank, f"{rank}: block 3", noisy, denoised, clean, 20.0, 30.0)


def positions_of(image, picture):
    """Where a picture holds exactly these pixels: top-left corners."""
    height, width = image.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(picture, image.shape)
    first = np.all(picture[: 1 - height, : 1 - width] == image[0, 0], axis=-1)
    return [
        (int(y), int(x))
        for y, x in np.argwhere(first)
        if np.array_equal(windows[y, x, 0], image)
    ]


def test_blocks_are_drawn_one_pixel_per_pixel():
    rows = [block_row("worst", 0), block_row("best", 1)]

    picture = rendered(draw_blocks(rows))

    places = [
        positions_of(image, picture)
        for row in rows
        for image in (row.noisy, row.denoised, row.clean)
    ]
    assert [len(place) for place in places] == [1] * 6
    (noisy, denoised, clean), below = (p[0] for p in places[:3]), places[3][0]
    assert noisy[0] == denoised[0] == clean[0] < below[0]
    assert noisy[1] < denoised[1] < clean[1]


def test_a_strip_is_noisy_denoised_clean():
    row = block_row("worst", 0, size=4)

    assert row.strip.shape == (4, 12, 3)
    np.testing.assert_array_equal(row.strip[:, 4:8], row.denoised)


def scores_of(decibels):
    """Block scores of one row of blocks, denoised as given, noisy 10 dB below."""
    return pd.DataFrame(
        [
            {"method": method, "row": 0, "block": block, "psnr_db": value - loss}
            for block, value in enumerate(decibels)
            for method, loss in (("denoised", 0.0), ("noisy", 10.0))
        ]
    )


def test_pick_blocks_finds_worst_median_and_best():
    blocks = np.arange(5, dtype=np.uint8).reshape(1, 5, 1, 1, 1).repeat(3, axis=-1)
    scores = scores_of([33.0, 31.0, 35.0, 32.0, 34.0])

    picked = pick_blocks(scores, {0: "image 7"}, blocks, blocks, blocks)

    assert [row.rank for row in picked] == ["worst", "median", "best"]
    assert [row.denoised_db for row in picked] == [31.0, 33.0, 35.0]
    assert [row.noisy_db for row in picked] == [21.0, 23.0, 25.0]
    assert [int(row.clean[0, 0, 0]) for row in picked] == [1, 0, 2]
    assert picked[0].title == "worst of 5: block 1 of image 7"


def test_pick_blocks_works_on_a_single_block():
    blocks = np.zeros((1, 1, 2, 2, 3), dtype=np.uint8)

    picked = pick_blocks(scores_of([30.0]), {0: "image 0"}, blocks, blocks, blocks)

    assert len(picked) == 3


@pytest.mark.parametrize("num_images", [2, 40, 100])
@pytest.mark.parametrize("order", ["inferred", "unknown"])
def test_plot_psnr_per_image_shows_the_methods_there_are(num_images, order):
    known = order != "unknown"
    table = pd.DataFrame(
        [
            {
                "row": row,
                "image": row,
                "camera": "S6" if known else "unknown",
                "iso": 800.0 if known else None,
                "order": order,
                "method": method,
                "psnr_db": decibels + row / 10,
            }
            for row in range(num_images)
            for method, decibels in (("noisy", 20.0), ("denoised", 30.0))
        ]
    )

    figure = plot_psnr_per_image(table, {"noisy": "noisy", "denoised": "ours"})

    (axes,) = figure.axes
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    mean = 30 + (num_images - 1) / 20
    assert legend == [f"noisy: mean {mean - 10:.2f} dB", f"ours: mean {mean:.2f} dB"]
    assert ("inferred" in axes.get_xlabel()) == (known and num_images <= 60)
    assert rendered(figure).shape == (500, 1100, 3)
