import numpy as np
import pandas as pd
import pytest

from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.pipelines.validate.options import ValidateOptions
from cbsn_pipeline.pipelines.validate.rows import describe_rows
from cbsn_pipeline.pipelines.validate.tables import (
    METRICS,
    average_by_camera,
    average_by_image,
    count_trained_on,
    rank_methods,
)


def block_scores(decibels):
    """Scores from {method: [[dB per block] per row]}; every SSIM is dB / 100."""
    records = [
        {"method": method, "row": row, "block": block, "psnr_db": value}
        | {name: value / 100 for name in METRICS if name != "psnr_db"}
        for method, rows in decibels.items()
        for row, values in enumerate(rows)
        for block, value in enumerate(values)
    ]
    return pd.DataFrame(records)


SCORES = block_scores(
    {
        "denoised": [[30.0, 32.0], [36.0, 38.0], [20.0, 22.0]],
        "noisy": [[20.0, 22.0], [26.0, 28.0], [10.0, 12.0]],
    }
)
NAMED = ValidateOptions(
    num_images=3,
    scene_instances=(
        "0001_001_S6_00800_00350_3200_L",
        "0002_001_GP_10000_05000_5500_N",
        "0003_001_S6_03200_00350_3200_L",
    ),
)


def test_average_by_image():
    table = average_by_image(SCORES, describe_rows(NAMED))

    assert len(table) == 6
    one = table.set_index(["row", "method"]).loc[(1, "denoised")]
    assert one["psnr_db"] == 37.0  # (36 + 38) / 2
    assert one["ssim_luma"] == pytest.approx(0.37)
    assert (one["camera"], one["iso"], one["num_blocks"]) == ("GP", 10000, 2)


def test_average_by_camera_has_every_camera_and_every_iso():
    table = average_by_camera(average_by_image(SCORES, describe_rows(NAMED)))

    ours = table[table["method"] == "denoised"].set_index(["camera", "iso"])
    assert list(ours.index) == [
        *[("GP", "all"), ("GP", "10000")],
        *[("S6", "all"), ("S6", "800"), ("S6", "3200")],
    ]
    assert ours.loc[("S6", "all"), "psnr_db"] == 26.0  # (31 + 21) / 2
    assert ours.loc[("S6", "all"), "num_images"] == 2
    assert ours.loc[("S6", "all"), "num_blocks"] == 4
    assert ours.loc[("S6", "3200"), "psnr_db"] == 21.0


@pytest.mark.parametrize(
    ("options", "order"),
    [
        (NAMED, "given"),
        (ValidateOptions(num_images=3, image_indices=(0, 1, 2)), "inferred"),
        (ValidateOptions(num_images=3), "unknown"),
    ],
)
def test_the_camera_table_says_how_it_knows(options, order):
    table = average_by_camera(average_by_image(SCORES, describe_rows(options)))

    assert set(table["order"]) == {order}


def test_unknown_cameras_make_one_group():
    rows = describe_rows(ValidateOptions(num_images=3))

    table = average_by_camera(average_by_image(SCORES, rows))

    assert set(table["camera"]) == {"unknown"}
    assert set(table["iso"]) == {"all", "unknown"}
    assert set(table["num_images"]) == {3}


def test_rank_methods_takes_the_mean_of_decibels():
    scores = block_scores({"noisy": [[20.0]], "denoised": [[30.0]]})
    far_apart = block_scores({"noisy": [[20.0, 22.0]], "denoised": [[30.0, 40.0]]})

    assert rank_methods(scores, None)["psnr_db"].tolist() == [30.0, 20.0]
    # The PSNR of the pooled error would be 32.6 dB.
    assert rank_methods(far_apart, None)["psnr_db"].tolist() == [35.0, 21.0]


def test_rank_methods_puts_the_best_first_and_labels_the_oracle():
    scores = block_scores(
        {
            "denoised": [[30.0]],
            "noisy": [[20.0]],
            "non_local_means": [[28.0]],
            "gaussian_blur_2": [[29.0]],
            "gaussian_blur_oracle": [[31.0]],
        }
    )

    table = rank_methods(scores, 4.0)

    assert table["method"].tolist() == [
        "gaussian_blur_oracle",
        "denoised",
        "gaussian_blur_2",
        "non_local_means",
        "noisy",
    ]
    assert table["label"][0] == "Gaussian blur, best sigma 4 (oracle)"
    assert table["gain_db"].tolist() == [11.0, 10.0, 9.0, 8.0, 0.0]
    assert list(table)[:4] == ["method", "label", "psnr_db", "gain_db"]


@pytest.mark.parametrize(
    ("num_seen", "words"),
    [
        (0, "not dagger: none of the scored noisy blocks was trained on"),
        (3, "dagger: 3 of the 4 scored noisy blocks were trained on"),
    ],
)
def test_the_dagger_is_counted_from_pixels(num_seen, words):
    rng = np.random.default_rng(0)
    noisy = rng.integers(0, 256, (2, 2, 8, 8, 3)).astype(np.uint8)
    seen = [pixel_sha256(block) for block in noisy.reshape(4, 8, 8, 3)[:num_seen]]

    counted = count_trained_on(noisy, ("of another image", *seen))

    assert counted == {
        "dagger": words,
        "trained_on_scored_blocks": num_seen,
        "scored_blocks": 4,
    }


def test_a_denoiser_that_says_nothing_is_not_called_clean():
    noisy = np.zeros((1, 1, 8, 8, 3), dtype=np.uint8)

    counted = count_trained_on(noisy, ())

    assert counted["dagger"].startswith("unknown: the denoiser does not say")
