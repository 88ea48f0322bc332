import logging

import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions
from cbsn_pipeline.imaging.metrics import psnr
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.pipelines.validate import nodes
from cbsn_pipeline.pipelines.validate.options import ValidateOptions
from cbsn_pipeline.pipelines.validate.tables import title_images

SMALL = ValidateOptions(
    num_images=2,
    num_blocks=2,
    restitution="off",
    baselines=("gaussian_blur_oracle",),
)


def test_a_declared_set_passes_unchanged(make_set):
    noisy, clean = make_set()

    assert nodes.check_validation_blocks(noisy, clean, SMALL) == (noisy, clean)


def test_a_partial_set_is_refused_unless_declared(make_set):
    noisy, clean = make_set()

    with pytest.raises(ValueError, match=r"validation_noisy_blocks .* \(40, 32, 256"):
        nodes.check_validation_blocks(noisy, clean, ValidateOptions())


def test_clean_blocks_of_another_number_are_refused(make_set):
    noisy, clean = make_set()

    with pytest.raises(ValueError, match=r"validation_clean_blocks .* \(2, 1, 256"):
        nodes.check_validation_blocks(noisy, clean[:, :1], SMALL)


def test_the_same_file_twice_is_noticed(make_set):
    noisy, _ = make_set()

    with pytest.raises(ValueError, match="Do both catalog entries name one file"):
        nodes.check_validation_blocks(noisy, noisy.copy(), SMALL)


def test_denoise_blocks_hands_over_image_by_image(make_set, denoiser):
    noisy, _ = make_set(3, 2, size=16)
    options = ValidateOptions(padding=4, batch_size=3, restitution="off")

    denoised = nodes.denoise_blocks(denoiser, noisy, options)

    assert list(denoised) == ["denoised"]
    assert denoised["denoised"].shape == noisy.shape
    assert denoised["denoised"].dtype == np.uint8
    assert denoiser.calls == [((2, 16, 16, 3), 4, 3)] * 3


def test_averaged_weights_are_scored_beside_the_raw_ones(make_set, make_denoiser):
    noisy, clean = make_set(2, 2, size=16)
    denoiser, averaged = make_denoiser(), make_denoiser()
    denoiser.average, denoiser.averaged = object(), lambda: averaged
    averaged.denoise_blocks = lambda blocks, **_: blocks // 2

    denoised = nodes.denoise_blocks(denoiser, noisy, SMALL)
    scores = nodes.score_blocks(denoised, noisy, clean, {"sigma": 2.0}, SMALL)
    table = nodes.rank_methods(scores, {"sigma": 2.0}).set_index("method")

    np.testing.assert_array_equal(denoised["denoised_ema"], noisy // 2)
    assert table.loc["denoised_ema", "label"] == "this denoiser, averaged weights (EMA)"
    assert table.loc["denoised_ema", "psnr_db"] < table.loc["denoised", "psnr_db"]


def test_the_row_with_restitution_stands_beside_the_network_alone(make_set):
    noisy, clean = make_set(2, 2, size=64)
    seeded = torch.Generator().manual_seed(0)
    network = CBSN(NetworkOptions(channels=1, blocks=1), generator=seeded)
    options = SMALL.model_copy(update={"restitution": "auto"})

    denoised = nodes.denoise_blocks(
        Denoiser(network.requires_grad_(False)), noisy, options
    )
    scores = nodes.score_blocks(denoised, noisy, clean, {"sigma": 2.0}, options)
    table = nodes.rank_methods(scores, {"sigma": 2.0}).set_index("method")

    assert table.loc["denoised", "label"] == "this denoiser, network alone"
    assert table.loc["restituted", "label"] == "this denoiser, with restitution"
    gained = table.loc["restituted", "psnr_db"] - table.loc["denoised", "psnr_db"]
    assert gained > 3  # an untrained network has no colour


def test_the_blind_network_is_scored_on_sub_images(make_set, make_denoiser):
    noisy, clean = make_set(2, 2, size=16)
    denoiser = make_denoiser()
    denoiser.blind = lambda stride: make_denoiser() if stride == 5 else None
    options = SMALL.model_copy(update={"blind_strides": (5,)})

    denoised = nodes.denoise_blocks(denoiser, noisy, options)
    scores = nodes.score_blocks(denoised, noisy, clean, {"sigma": 2.0}, options)
    table = nodes.rank_methods(scores, {"sigma": 2.0}).set_index("method")

    assert list(denoised) == ["denoised", "blind_5"]
    assert table.loc["blind_5", "label"] == "C-BSN, blind, sub-images of stride 5"


def test_patterns_are_looked_for_at_the_strides_of_the_training(make_set, denoiser):
    noisy, clean = make_set(2, 2, size=32)
    grid = clean.copy()
    grid[:, :, ::3] += 4  # every third row: the stride that the denoiser names

    energies = nodes.measure_checkerboards(denoiser, {"denoised": grid}, noisy, clean)

    assert list(energies) == ["denoised", "clean"]
    assert list(energies["clean"]) == ["checkerboard_2", "checkerboard_3"]
    assert energies["denoised"]["checkerboard_3"] > 2
    assert energies["clean"]["checkerboard_3"] < 0.1


def test_the_oracle_finds_the_best_sigma(make_set):
    noisy, clean = make_set(2, 2, size=64)
    options = SMALL.model_copy(update={"blur_sigmas": (0.5, 2.0, 6.0)})

    found = nodes.search_oracle_blur(noisy, clean, options)

    assert found["sigma"] == 2.0
    assert list(found["psnr_db_by_sigma"]) == ["0.5", "2", "6"]
    assert max(found["psnr_db_by_sigma"].values()) == found["psnr_db_by_sigma"]["2"]


def test_without_the_oracle_nothing_is_searched(make_set):
    noisy, clean = make_set(1, 1, size=16)
    options = ValidateOptions(baselines=("gaussian_blur_2",))

    found = nodes.search_oracle_blur(noisy, clean, options)

    assert found == {"sigma": None, "psnr_db_by_sigma": {}}


def test_score_blocks_names_images_by_their_official_index(make_set, denoiser):
    noisy, clean = make_set(2, 2, size=16)
    options = ValidateOptions(
        num_images=2, num_blocks=2, image_indices=(9, 4), baselines=()
    )

    scores = nodes.score_blocks(
        {"denoised": noisy}, noisy, clean, {"sigma": None}, options
    )

    assert list(scores)[:4] == ["method", "row", "image", "block"]
    assert scores.drop_duplicates("row")["image"].tolist() == [9, 4]
    assert set(scores["method"]) == {"denoised", "noisy"}


def test_score_blocks_refuses_another_set(make_set):
    noisy, clean = make_set(2, 2, size=16)

    with pytest.raises(ValueError, match="Was another set denoised than is scored"):
        nodes.score_blocks(
            {"denoised": noisy[:1]}, noisy, clean, {"sigma": None}, SMALL
        )


def test_a_block_that_is_clean_already_is_reported(make_set, caplog):
    noisy, clean = make_set(2, 2, size=16)
    noisy[1, 0] = clean[1, 0]
    options = ValidateOptions(num_images=2, num_blocks=2, baselines=())

    with caplog.at_level(logging.WARNING):
        nodes.score_blocks({"denoised": noisy}, noisy, clean, {"sigma": None}, options)

    assert "2 scores are infinite, so the mean is: row 1, block 0" in caplog.text


@pytest.fixture
def scored(make_set, denoiser):
    """Everything from blocks to summary, on tiny blocks."""
    noisy, clean = make_set(2, 2, size=32)
    denoised = nodes.denoise_blocks(denoiser, noisy, SMALL)
    oracle = nodes.search_oracle_blur(noisy, clean, SMALL)
    scores = nodes.score_blocks(denoised, noisy, clean, oracle, SMALL)
    return noisy, denoised, clean, oracle, scores


def test_the_table_has_the_mean_over_blocks(scored):
    noisy, _, clean, oracle, scores = scored

    table = nodes.rank_methods(scores, oracle).set_index("method")

    expected = np.mean([psnr(noisy[i], clean[i]) for i in np.ndindex(2, 2)])
    assert table.loc["noisy", "psnr_db"] == pytest.approx(expected)
    assert set(table.index) == {"denoised", "noisy", "gaussian_blur_oracle"}


def test_the_summary_says_what_a_reader_must_know(scored, make_denoiser):
    noisy, _, _, oracle, scores = scored
    table = nodes.rank_methods(scores, oracle)
    trained_on = (pixel_sha256(noisy[0, 1]),)

    energies = {"clean": {"checkerboard_2": 0.0}}
    summary = nodes.summarise_scores(
        table, oracle, energies, make_denoiser(trained_on), noisy, SMALL
    )

    assert summary["denoiser"] == {
        "data_digest": "abc",
        "imported": {},
        "data_kind": "sidd_blocks",
        "steps": 7,
        "students": 0,
        "file": None,
        "padding": 0,
        "restitution": "off: the network alone",
    }
    assert summary["checkerboard"] == energies
    assert summary["dagger"].startswith("dagger: 1 of the 4 scored noisy blocks")
    assert summary["oracle_blur"]["sigma"] == oracle["sigma"]
    assert "oracle" in summary["oracle_blur"]["chosen_on"]
    assert "7x7" in summary["conventions"]["ssim_uniform"]
    assert set(summary["methods"]["denoised"]) > {"label", "psnr_db", "ssim_volume"}


def test_scores_become_metrics_and_are_shown(scored, denoiser, capsys):
    noisy, _, _, oracle, scores = scored
    table = nodes.rank_methods(scores, oracle)
    energies = {"denoised": {"checkerboard_2": 0.25}}
    summary = nodes.summarise_scores(table, oracle, energies, denoiser, noisy, SMALL)

    metrics, tags = nodes.report_scores(table, summary)

    assert metrics["validation/denoised/psnr_db"] == pytest.approx(
        table.set_index("method").loc["denoised", "psnr_db"]
    )
    assert "validation/noisy/ssim_luma" in metrics
    assert metrics["validation/denoised/checkerboard_2"] == 0.25
    assert all(isinstance(value, float) for value in metrics.values())
    assert tags["dagger"].startswith("unknown")
    assert "this denoiser, network alone" in capsys.readouterr().out


def test_worst_median_and_best_are_shown_together_and_alone(scored):
    noisy, denoised, clean, _, scores = scored
    image_scores, _ = nodes.average_scores(scores, SMALL)

    figure, images = nodes.draw_best_and_worst_blocks(
        scores, image_scores, denoised, noisy, clean
    )

    assert list(images) == ["worst", "median", "best"]
    assert images["worst"].shape == (32, 96, 3)
    assert len(figure.texts) > len(images)


def test_titles_say_that_the_order_is_inferred(scored):
    *_, scores = scored
    options = SMALL.model_copy(update={"image_indices": (2, 8)})
    image_scores, _ = nodes.average_scores(scores, options)

    titles = title_images(image_scores)

    assert titles[1] == "image 8, 0049_002_N6_00800_00800_5500_L (order inferred)"


def test_psnr_per_image_is_plotted(scored):
    *_, oracle, scores = scored
    image_scores, _ = nodes.average_scores(scores, SMALL)

    figure = nodes.plot_psnr_per_image(image_scores, oracle)

    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert any("(oracle)" in text for text in legend)
