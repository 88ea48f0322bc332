import numpy as np
import pytest
import torch

from cbsn_pipeline.training.data.crops import draw_crops, draw_picks, symmetric_places

SQUARE = np.arange(9).reshape(3, 3)


def turned(symmetry):
    rows, columns = symmetric_places(torch.tensor([symmetry]), 3)
    return SQUARE[rows[0], columns[0]]


def test_the_symmetries_are_those_of_the_square():
    expected = {
        np.rot90(flipped, turns).tobytes()
        for flipped in (SQUARE, np.fliplr(SQUARE))
        for turns in range(4)
    }

    assert {turned(symmetry).tobytes() for symmetry in range(8)} == expected


@pytest.mark.parametrize(
    ("symmetry", "expected"),
    [
        (0, SQUARE),
        (1, np.flipud(SQUARE)),
        (2, np.fliplr(SQUARE)),
        (4, SQUARE.T),
        (5, np.flipud(SQUARE).T),
        (6, np.fliplr(SQUARE).T),
    ],
)
def test_each_bit_is_one_reflection(symmetry, expected):
    np.testing.assert_array_equal(turned(symmetry), expected)


@pytest.fixture
def patches():
    """Red names the patch, green the row, blue the column."""
    rows, columns = np.mgrid[:12, :14]
    stacked = [np.stack([0 * rows + i, rows, columns], axis=-1) for i in range(5)]
    return torch.from_numpy(np.stack(stacked).astype(np.uint8))


def test_a_crop_is_a_turned_square_of_its_patch(patches):
    indices, samples = torch.tensor([3, 0, 4] * 40), torch.arange(120)

    crops = draw_crops(patches, indices, samples, crop_size=7, seed=0)

    assert crops.shape == (120, 3, 7, 7)
    assert crops.dtype == torch.float32
    levels = (crops * 255).round().long()
    assert torch.equal(levels[:, 0, 0, 0], indices)
    for _, rows, columns in levels:
        sides = sorted(
            (len(set(axis.flatten().tolist())), int(axis.max() - axis.min()))
            for axis in (rows, columns)
        )
        assert sides == [(7, 6), (7, 6)]
    assert set(levels[:, 1].amin((1, 2)).tolist()) == set(range(6))  # 12 - 7 + 1 tops
    assert set(levels[:, 2].amin((1, 2)).tolist()) == set(range(8))


def test_a_crop_depends_on_its_sample_alone(patches):
    indices, samples = torch.tensor([1, 2, 3]), torch.tensor([10, 11, 12])

    together = draw_crops(patches, indices, samples, crop_size=6, seed=0)
    alone = draw_crops(patches, indices[1:2], samples[1:2], crop_size=6, seed=0)

    assert torch.equal(together[1:2], alone)


def test_float_patches_are_used_as_they_are(patches):
    unit = patches.float() / 255
    indices, samples = torch.tensor([1, 2]), torch.tensor([0, 1])

    levels = draw_crops(patches, indices, samples, crop_size=6, seed=0)

    assert torch.equal(draw_crops(unit, indices, samples, crop_size=6, seed=0), levels)


def test_picks_name_one_pixel_of_every_cell():
    picks = draw_picks(torch.arange(50), cells=6, stride=3, seed=1)

    assert picks.shape == (50, 6, 6)
    assert set(picks.flatten().tolist()) == set(range(9))
    assert not torch.equal(picks[0], picks[1])


def test_picks_of_an_unshuffle_are_the_same_in_every_cell_of_a_crop():
    picks = draw_picks(torch.arange(50), cells=6, stride=3, seed=1, same=True)

    assert picks.shape == (50, 6, 6)
    assert torch.equal(picks, picks[:, :1, :1].expand(50, 6, 6))
    assert set(picks[:, 0, 0].tolist()) == set(range(9))
