import numpy as np
import pytest

from cbsn_pipeline.imaging.local_median import median_rows, sampled_places, slow_rows


def picture(*size):
    return np.random.default_rng(size).normal(size=(*size, 3)).astype(np.float32)


def in_pieces(image, height):
    return (image[top : top + height] for top in range(0, len(image), height))


def test_a_median_is_that_of_the_sampled_pixels():
    image = picture(40, 50)

    medians = np.stack(list(median_rows([image], image.shape, 25)))

    assert medians.shape == (10, 13, 3)  # one for every four pixels
    window = image[22 - 12 : 22 + 13, 26 - 12 : 26 + 13]  # 5 x 4 + 2, 6 x 4 + 2
    np.testing.assert_array_equal(
        medians[5, 6], np.median(window[sampled_places(25)], axis=0)
    )


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (37, 101), (300, 7), (131, 53)])
@pytest.mark.parametrize("window", [3, 25, 97])
def test_pieces_do_not_change_what_comes_out(size, window):
    image = picture(*size)
    whole = np.concatenate(list(slow_rows([image], image.shape, window)))

    assert whole.shape == image.shape
    assert whole.dtype == np.float32
    for height in (1, 7, 64):
        pieces = slow_rows(in_pieces(image, height), image.shape, window)
        np.testing.assert_array_equal(np.concatenate(list(pieces)), whole)


def test_rows_come_as_soon_as_what_they_depend_on_is_there():
    read = 0

    def reading():
        nonlocal read
        for piece in in_pieces(np.zeros((400, 30, 3), np.float32), 10):
            read += 10
            yield piece

    done = 0
    for rows in slow_rows(reading(), (400, 30, 3), 25):
        done += len(rows)
        # a window's half, the Gaussian's three medians, one to interpolate, a piece
        assert read <= done + 12 + 5 * 4 + 10
    assert done == 400
