import numpy as np
import pytest

from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.tables import (
    METRICS,
    compare_runs,
    pair_scores,
    read_scores,
)

FIRST = [[30.0, 31.0], [32.0, 33.0]]
SECOND = [[31.0, 31.0], [31.5, 33.5]]  # +1, 0, -0.5, +0.5
OPTIONS = CompareOptions(resamples=200)


def test_blocks_are_matched_by_their_names_not_by_their_order(make_run, make_scores):
    shuffled = make_scores(SECOND).sample(frac=1, random_state=0)
    runs = [make_run("A", make_scores(FIRST)), make_run("B", shuffled)]

    scores = pair_scores(runs, "denoised")

    first, second = (scores[scores["run"] == letter] for letter in "AB")
    assert first["psnr_db"].tolist() == [30.0, 31.0, 32.0, 33.0]
    assert second["psnr_db"].tolist() == [31.0, 31.0, 31.5, 33.5]
    assert first["image"].tolist() == second["image"].tolist() == [4, 4, 9, 9]
    assert second["noisy_db"].tolist() == pytest.approx([20.0, 20.1, 21.0, 21.1])


def test_the_method_can_be_another(make_run, make_scores):
    runs = [make_run(letter, make_scores(FIRST)) for letter in "AB"]

    assert pair_scores(runs, "noisy")["psnr_db"].max() == pytest.approx(21.1)


def test_every_run_is_compared_with_the_first(make_run, make_scores):
    runs = [
        make_run("A", make_scores(FIRST)),
        make_run("B", make_scores(SECOND)),
        make_run("C", make_scores(np.add(FIRST, 2.0))),
    ]

    table = compare_runs(pair_scores(runs, "denoised"), runs, OPTIONS)

    assert table["pair"].tolist() == ["B-A"] * 5 + ["C-A"] * 5
    assert table["metric"].tolist() == list(METRICS) * 2
    by_pair = table[table["metric"] == "psnr_db"].set_index("pair")
    assert by_pair.loc["B-A", "difference"] == pytest.approx(0.25)
    assert by_pair.loc["B-A", "won"] == 0.5
    assert by_pair.loc["B-A", "tied"] == 0.25
    assert by_pair.loc["C-A", "blocks_low"] == pytest.approx(2.0)
    # every block +2: four of one sign, and two images of one sign
    assert by_pair.loc["C-A", "p_blocks"] == pytest.approx(2 / 16)
    assert by_pair.loc["C-A", "p_images"] == pytest.approx(2 / 4)
    assert by_pair.loc["C-A", "second"] == "run C"
    assert by_pair["num_images"].tolist() == [2, 2]


def test_without_image_labels_there_is_no_interval_by_images(make_run, make_scores):
    runs = [
        make_run(letter, make_scores(scores).drop(columns="image"))
        for letter, scores in (("A", FIRST), ("B", SECOND))
    ]
    scores = pair_scores(runs, "denoised")

    table = compare_runs(scores, runs, OPTIONS)

    assert table[["images_low", "images_high", "p_images"]].isna().all(axis=None)
    assert set(table["num_images"]) == {0}
    by_images = OPTIONS.model_copy(update={"resample": "images"})
    with pytest.raises(ValueError, match="the scores name 0 images; expected 2"):
        compare_runs(scores, runs, by_images)


def test_other_blocks_are_an_error_that_names_them(make_run, make_scores):
    more = make_scores([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    runs = [make_run("A", make_scores(FIRST)), make_run("B", more)]

    with pytest.raises(ValueError, match="did not score the same blocks") as error:
        pair_scores(runs, "denoised")

    assert "2 only in B" in str(error.value)
    assert "row 0, image 4, block 2; row 1, image 9, block 2. " in str(error.value)
    assert "only in A" not in str(error.value)


def test_other_images_of_one_shape_are_an_error(make_run, make_scores):
    other = make_scores(SECOND, images=(4, 8))
    runs = [make_run("A", make_scores(FIRST)), make_run("B", other)]

    with pytest.raises(
        ValueError, match=r"2 only in A .*image 9.*2 only in B .*image 8"
    ):
        pair_scores(runs, "denoised")


def test_many_missing_blocks_are_not_all_listed(make_run, make_scores):
    runs = [
        make_run("A", make_scores(np.ones((2, 20)))),
        make_run("B", make_scores(FIRST)),
    ]

    with pytest.raises(ValueError, match=r"36 only in A .*image 4, block 4 \.\.\."):
        pair_scores(runs, "denoised")


def test_other_pixels_under_the_same_names_are_noticed(make_run, make_scores):
    other = make_scores(SECOND, noisy_db=20.5)
    runs = [make_run("A", make_scores(FIRST)), make_run("B", other)]

    with pytest.raises(ValueError, match=r"row 0, image 4, block 0 has 20.000 dB in"):
        pair_scores(runs, "denoised")


def test_images_named_in_one_file_alone_are_an_error(make_run, make_scores):
    bare = make_scores(SECOND).drop(columns="image")
    runs = [make_run("A", make_scores(FIRST)), make_run("B", bare)]

    with pytest.raises(ValueError, match=r"by row, image, block; B .* by row, block"):
        pair_scores(runs, "denoised")


def spoil(scores, column, value):
    spoilt = scores.copy()
    spoilt.loc[0, column] = value
    return spoilt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s[s["method"] == "noisy"], "no scores of the method 'denoised'; it"),
        (lambda s: s.drop(columns="psnr_db"), "lacks the columns psnr_db; it has"),
        (lambda s: s[["row", "block"]], "lacks the columns method, psnr_db, ssim"),
        (lambda s: s.iloc[[0, 1, 2, 0]], "1 blocks more than once, first row 0"),
        (lambda s: spoil(s, "psnr_db", np.inf), "1 scores psnr_db that are not finite"),
        (lambda s: spoil(s, "ssim_luma", np.nan), "first at row 0, image 4, block 0"),
    ],
)
def test_a_file_that_holds_no_such_scores_is_refused(
    make_run, make_scores, change, message
):
    run = make_run("A", change(make_scores(FIRST)))

    with pytest.raises(ValueError, match=message):
        read_scores(run, "denoised")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,b\n1,2,3\n"4'])
def test_a_file_that_is_no_table_is_refused(make_run, make_scores, content):
    run = make_run("A", make_scores(FIRST))
    run.scores.write_bytes(content)

    with pytest.raises(ValueError, match="is no table of block scores|lacks the col"):
        read_scores(run, "denoised")
