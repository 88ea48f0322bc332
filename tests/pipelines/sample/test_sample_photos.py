"""The photographs are there, in colour, at the size that the sample needs."""

import numpy as np
import pytest

from cbsn_pipeline.pipelines.sample.photos import PHOTOS, magnify, mute, read_photo


@pytest.mark.parametrize("name", PHOTOS)
def test_photo_is_8_bit_colour_and_large_enough_for_a_block(name):
    image = read_photo(name)

    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert min(image.shape[:2]) >= 276  # a block of 256 and the border of 10
    assert PHOTOS[name].height in (None, image.shape[0])
    assert not np.array_equal(image[..., 0], image[..., 1])  # not a grey one


def test_scenes_have_numbers_of_their_own():
    assert len({photo.scene for photo in PHOTOS.values()}) == len(PHOTOS)


def test_magnifying_keeps_the_centre():
    image = np.zeros((9, 12, 3), dtype=np.uint8)
    image[3:6, 4:8] = 200

    centre = magnify(image, 2.0, max_side=6)

    assert centre.shape == (6, 6, 3)
    assert (centre[1:5, 1:5] > 190).all()


@pytest.mark.parametrize("factor", [1, 1.5, 3])
def test_magnified_pictures_have_the_size_that_is_said(factor):
    image = np.full((9, 12, 3), 77, dtype=np.uint8)

    larger = magnify(image, factor, max_side=20)

    assert larger.shape == (min(round(9 * factor), 20), min(round(12 * factor), 20), 3)
    assert (larger == 77).all()


def test_magnifying_by_one_changes_nothing():
    image = np.arange(9 * 12 * 3, dtype=np.uint8).reshape(9, 12, 3)

    assert np.array_equal(magnify(image, 1, max_side=100), image)


def test_muting_keeps_the_luma_and_takes_colour_away():
    image = np.array([[[200, 100, 50]]], np.uint8)

    assert mute(image, 1).tolist() == [[[200, 100, 50]]]
    assert mute(image, 0).tolist() == [[[124, 124, 124]]]  # .299*200+.587*100+.114*50
    assert mute(image, 0.5).tolist() == [[[162, 112, 87]]]
