import numpy as np
import pytest

from cbsn_pipeline.imaging.baselines import gaussian_blur
from cbsn_pipeline.pipelines.denoise.before_after import (
    CROP,
    Comparison,
    choose_places,
    compare_crops,
    draw_comparisons,
    find_best_blur,
    find_clean,
)


def picture(height=2 * CROP, width=2 * CROP, level=100):
    return np.full((height, width, 3), level, np.uint8)


def test_the_places_are_those_with_most_to_see():
    denoised = picture()
    denoised[:CROP:2, :CROP] = 140  # stripes at the top left
    denoised[:CROP, CROP:] = (200, 20, 20)  # red at the top right
    noisy = denoised.copy()
    noisy[CROP:, CROP:] += 30

    places = choose_places(noisy, denoised)

    first, second = slice(0, CROP), slice(CROP, 2 * CROP)
    assert places == {
        "most detail": (first, first),
        "most colour": (first, second),
        "most noise": (second, second),
    }


@pytest.mark.parametrize(("size", "shown"), [((50, 90), 1), ((230, 460), 2)])
def test_a_small_photograph_has_fewer_places(size, shown):
    places = choose_places(picture(*size), picture(*size))

    assert len(places) == shown
    assert all(
        picture(*size)[place].shape[0] == min(CROP, *size) for place in places.values()
    )


def test_where_clean_is_known_captions_give_the_psnr_of_the_whole():
    clean = picture(9, 9)
    stages = {"noisy": clean + 10, "denoised": clean / np.float32(255), "clean": clean}

    (crop,) = compare_crops("a.png", stages)

    assert crop.title == "a.png: most detail"
    assert list(crop.panels) == ["noisy, 28.13 dB", "denoised, inf dB", "clean"]
    np.testing.assert_array_equal(crop.panels["denoised, inf dB"], clean)


def test_deep_photographs_are_shown_in_eight_bits():
    deep = np.full((5, 5, 3), 257 * 7, np.uint16)

    (crop,) = compare_crops("a.tif", {"noisy": deep, "denoised": deep})

    assert crop.panels["noisy"].dtype == np.uint8
    assert crop.panels["noisy"].max() == 7


def test_the_clean_twin_is_found_by_sidds_names(tmp_path):
    noisy = tmp_path / "0001_NOISY_SRGB_010.PNG"
    assert find_clean(noisy) is None
    (tmp_path / "0001_GT_SRGB_010.PNG").touch()

    assert find_clean(noisy) == tmp_path / "0001_GT_SRGB_010.PNG"
    (tmp_path / "a.jpg").touch()
    assert find_clean(tmp_path / "a.jpg") is None


def test_the_best_blur_is_the_one_nearest_to_the_truth():
    rng = np.random.default_rng(0)
    clean = picture(64, 64)
    noisy = (clean + rng.normal(0, 20, clean.shape)).clip(0, 255).astype(np.uint8)

    best = find_best_blur(noisy, clean)  # of a flat picture: the widest

    np.testing.assert_array_equal(best, gaussian_blur(noisy, 5.0))


def test_crops_of_several_sizes_make_one_sheet():
    rows = [
        Comparison("small", {"noisy": picture(3, 3)}),
        Comparison("large", {"noisy": picture(8, 8)}),
    ]

    texts = [text.get_text() for text in draw_comparisons(rows).texts]

    assert texts == ["small", "noisy", "large", "noisy"]


def test_a_sheet_without_photographs_says_so():
    (text,) = draw_comparisons([]).texts

    assert text.get_text() == "No photograph could be denoised."
