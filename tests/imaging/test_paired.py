"""Comparing scores of the same blocks: by hand, and against scipy's own bootstrap."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from cbsn_pipeline.imaging import paired
from cbsn_pipeline.imaging.paired import (
    Interval,
    bootstrap_interval,
    compare_scores,
    mean_by_group,
    wilcoxon_p,
)


def scattered(num=90, seed=0):
    """Differences of num blocks in images of different sizes, and their images."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 12, num)
    of_image = rng.normal(0.1, 0.4, 12)
    return of_image[images] + rng.normal(0, 0.2, num), images


def test_difference_and_shares_by_hand():
    first = np.array([30.0, 31.0, 32.0, 33.0])
    second = np.array([31.0, 31.0, 31.5, 33.5])  # +1, 0, -0.5, +0.5

    result = compare_scores(first, second, resamples=100)

    assert (result.first, result.second) == (31.5, 31.75)
    assert result.difference == pytest.approx(0.25)
    assert (result.won, result.tied) == (0.5, 0.25)
    assert (result.num_blocks, result.num_images) == (4, 0)
    assert result.images is None
    assert result.p_images is None


def test_interval_of_two_blocks_by_hand():
    differences = np.array([0.0, 1.0])  # means of two drawn: 0, 1/2, 1/2, 1

    assert bootstrap_interval(differences, confidence=0.95) == Interval(0.0, 1.0)
    assert bootstrap_interval(differences, confidence=0.40) == Interval(0.5, 0.5)


def test_interval_by_images_draws_whole_images_by_hand():
    differences = np.array([0.0, 3.0, 0.0])
    images = np.array([7, 2, 7])  # two blocks of 0 dB, one of 3 dB

    # drawn: 7 7 -> 0, 7 2 and 2 7 -> 3 dB over 3 blocks, 2 2 -> 3
    assert bootstrap_interval(differences, images) == Interval(0.0, 3.0)
    assert bootstrap_interval(differences, images, confidence=0.4) == Interval(1.0, 1.0)


def test_interval_by_blocks_is_that_of_scipy():
    differences, _ = scattered()

    ours = bootstrap_interval(differences, resamples=4000, confidence=0.9, seed=3)

    theirs = stats.bootstrap(
        (differences,),
        np.mean,
        n_resamples=4000,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


def test_interval_by_images_is_that_of_scipy():
    differences, images = scattered()
    groups = [differences[images == image] for image in np.unique(images)]
    sums = np.array([group.sum() for group in groups])
    counts = np.array([len(group) for group in groups])

    ours = bootstrap_interval(differences, images, resamples=4000, seed=5)

    theirs = stats.bootstrap(
        (sums, counts),
        lambda sums, counts, axis: sums.sum(axis) / counts.sum(axis),
        n_resamples=4000,
        method="percentile",
        paired=True,
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


def test_interval_by_images_is_the_wider_one_where_images_differ():
    differences, images = scattered()

    result = compare_scores(np.zeros(90), differences, images)

    assert result.num_images == 12
    assert result.images.high - result.images.low > 1.5 * (
        result.blocks.high - result.blocks.low
    )


def test_the_seed_decides():
    differences, _ = scattered()

    first, again, other = (
        bootstrap_interval(differences, resamples=200, seed=seed) for seed in (1, 1, 2)
    )

    assert first == again != other


def test_draws_in_portions_are_as_many(monkeypatch):
    differences, _ = scattered()
    whole = bootstrap_interval(differences, resamples=5000)
    monkeypatch.setattr(paired, "_CHUNK", 90 * 7)  # 7 resamples at a time

    portions = bootstrap_interval(differences, resamples=5000)
    rows = [len(drawn) for drawn in paired._draw(90, 50, np.random.default_rng(0))]

    assert rows == [7] * 7 + [1]
    assert portions.low == pytest.approx(whole.low, abs=0.01)
    assert portions.high == pytest.approx(whole.high, abs=0.01)


def test_wilcoxon_by_hand():
    # all three positive: of the 8 patterns of signs two are as extreme
    assert wilcoxon_p(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 8)
    assert wilcoxon_p(np.array([0.0, 1.0, 2.0, 0.0, 3.0])) == pytest.approx(2 / 8)


def test_wilcoxon_is_the_share_of_sign_patterns_as_extreme():
    differences = np.array([0.3, -0.1, 0.5, 0.7, -0.2, 0.9])
    ranks = stats.rankdata(abs(differences))
    middle = ranks.sum() / 2

    seen = abs(ranks[differences > 0].sum() - middle)
    patterns = np.array(list(product([0, 1], repeat=6)))
    as_extreme = np.mean(abs(patterns @ ranks - middle) >= seen)

    assert wilcoxon_p(differences) == pytest.approx(as_extreme)


def test_nothing_but_zeros_is_p_one():
    scores = np.array([30.0, 31.0, 32.0])

    result = compare_scores(scores, scores.copy(), np.array([0, 0, 1]))

    assert (result.p_blocks, result.p_images) == (1.0, 1.0)
    assert (result.difference, result.won, result.tied) == (0.0, 0.0, 1.0)
    assert result.blocks == result.images == Interval(0.0, 0.0)


def test_p_by_images_is_of_the_means_of_images():
    images = np.array([0, 0, 1, 1, 2, 2])
    second = np.array([3.0, -1.0, 4.0, 0.0, 5.0, 1.0])  # means +1, +2, +3

    result = compare_scores(np.zeros(6), second, images)

    assert result.p_images == pytest.approx(2 / 8)
    np.testing.assert_allclose(mean_by_group(second, images), [1.0, 2.0, 3.0])


def test_one_image_says_nothing_of_others():
    result = compare_scores(np.zeros(3), np.ones(3), np.zeros(3))

    assert (result.num_images, result.images, result.p_images) == (1, None, None)


@pytest.mark.parametrize(
    ("first", "second", "images", "message"),
    [
        ([1.0], [1.0, 2.0], None, r"one length.*got shapes \(1,\), \(2,\)"),
        ([1.0, 2.0], [1.0, 2.0], [0], r"\(2,\), \(2,\), \(1,\)"),
        ([], [], None, "at least 1"),
        ([[1.0]], [[1.0]], None, r"\(1, 1\)"),
        ([1.0, 2.0], [1.0, np.inf], None, "1 scores of the second are not finite"),
        ([np.nan, 2.0], [1.0, 2.0], None, "1 scores of the first are not finite"),
    ],
)
def test_scores_that_are_no_pairs_are_refused(first, second, images, message):
    with pytest.raises(ValueError, match=message):
        compare_scores(
            np.array(first),
            np.array(second),
            None if images is None else np.array(images),
        )
