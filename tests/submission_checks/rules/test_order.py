import numpy as np
import pytest

from cbsn_pipeline.submission_checks.rules.order import (
    correlate,
    find_resemblance,
    name_pattern,
)


@pytest.fixture
def noisy():
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (12, 16, 16, 3)).astype(np.float32)


def test_right_blocks_resemble_themselves(noisy):
    found = find_resemblance(noisy + 1, noisy)

    assert not found.misplaced.any()
    assert found.best.tolist() == list(range(12))
    assert found.own_correlation == pytest.approx(np.ones(12), abs=1e-5)


def test_exchanged_blocks_say_what_they_look_like(noisy):
    ours = noisy.copy()
    ours[[2, 5]] = noisy[[5, 2]]

    found = find_resemblance(ours, noisy)

    assert np.flatnonzero(found.misplaced).tolist() == [2, 5]
    assert found.best[[2, 5]].tolist() == [5, 2]


def test_nearly_equal_neighbours_are_not_misplaced(noisy):
    rng = np.random.default_rng(1)
    noisy[3] = noisy[2] + rng.normal(0, 3, noisy[2].shape)

    found = find_resemblance(noisy[[0, 1, 3, 2, *range(4, 12)]], noisy)

    assert not found.misplaced.any()


def test_flat_walls_are_told_apart_by_colour(noisy):
    noisy[2] = np.array([200, 180, 170])
    noisy[5] = np.array([90, 100, 120])
    ours = noisy.copy()
    ours[[2, 5]] = noisy[[5, 2]]

    found = find_resemblance(ours, noisy)

    assert np.flatnonzero(found.misplaced).tolist() == [2, 5]


def test_a_brighter_submission_is_not_misplaced(noisy):
    noisy = np.sort(noisy.reshape(12, -1).mean(axis=1))[:, None, None, None] * np.ones(
        (12, 16, 16, 3), np.float32
    )

    assert not find_resemblance(noisy + 40, noisy).misplaced.any()


def test_the_negative_is_the_least_like(noisy):
    assert correlate(255 - noisy, noisy) == pytest.approx(-np.ones(12), abs=1e-5)


PATTERNS = {
    "block by block instead": lambda p: p % 3 * 4 + p // 3,
    "were read block by block": lambda p: p % 4 * 3 + p // 4,
    "sorted as text": lambda p: np.array([0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9])[p],
    "reversed": lambda p: 11 - p,
    r"shifted by -2": lambda p: (p - 2) % 12,
    "images have changed places": lambda p: np.array([2, 0, 1])[p // 4] * 4 + p % 4,
    "Images are right": lambda p: p // 4 * 4 + np.array([1, 3, 0, 2])[p % 4],
}


@pytest.mark.parametrize("text", PATTERNS)
def test_rules_are_recognised(text):
    places = np.arange(12)
    sources = PATTERNS[text](places)
    moved = sources != places

    assert text in name_pattern(places[moved], sources[moved], (3, 4))


def test_two_blocks_have_changed_places():
    assert "changed places" in name_pattern(np.array([2, 9]), np.array([9, 2]), (3, 4))


def test_no_rule_is_made_up():
    assert name_pattern(np.array([2]), np.array([9]), (3, 4)) == ""
    assert name_pattern(np.array([0, 5, 9]), np.array([7, 3, 2]), (3, 4)) == ""
