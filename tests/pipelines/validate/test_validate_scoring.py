import cv2
import numpy as np
import pytest

from cbsn_pipeline.imaging.baselines import gaussian_blur
from cbsn_pipeline.imaging.metrics import psnr, ssim_luma
from cbsn_pipeline.pipelines.validate.scoring import (
    choose_baselines,
    map_blocks,
    score_methods,
    search_blur,
)


def test_search_blur_gives_the_mean_of_the_blocks_decibels(make_set):
    noisy, clean = make_set(2, 2, size=32)

    decibels = search_blur(noisy, clean, (1.0, 2.0), workers=2)

    pairs = zip(noisy.reshape(4, 32, 32, 3), clean.reshape(4, 32, 32, 3), strict=True)
    expected = np.mean([psnr(gaussian_blur(x, 2.0), y) for x, y in pairs])
    assert list(decibels) == [1.0, 2.0]
    assert decibels[2.0] == pytest.approx(expected)


def test_score_methods_scores_every_block_with_every_method(make_set):
    noisy, clean = make_set(2, 3, size=32)
    baselines = choose_baselines(("gaussian_blur_2", "gaussian_blur_oracle"), 1.0)

    scores = score_methods({"denoised": clean}, noisy, clean, baselines, workers=2)

    assert len(scores) == 4 * 2 * 3
    one = scores.set_index(["method", "row", "block"]).loc[("noisy", 1, 2)]
    assert one["psnr_db"] == psnr(noisy[1, 2], clean[1, 2])
    assert one["ssim_luma"] == ssim_luma(noisy[1, 2], clean[1, 2])
    perfect = scores[scores["method"] == "denoised"]
    assert (perfect["psnr_db"] == np.inf).all()
    assert perfect["ssim_volume"].to_numpy() == pytest.approx(1.0)


def test_scores_do_not_depend_on_the_number_of_threads(make_set):
    noisy, clean = make_set(2, 3, size=32)
    baselines = choose_baselines(("non_local_means",), None)

    one, four = (
        score_methods({"denoised": clean}, noisy, clean, baselines, workers=n)
        for n in (1, 4)
    )

    assert one.equals(four)


def test_opencv_gets_its_threads_back(make_set):
    noisy, _ = make_set(1, 2, size=16)
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)

    seen = map_blocks(lambda _: cv2.getNumThreads(), noisy, "Testing", workers=1)

    after = cv2.getNumThreads()
    cv2.setNumThreads(before)
    assert seen == [1, 1]
    assert after == 2
