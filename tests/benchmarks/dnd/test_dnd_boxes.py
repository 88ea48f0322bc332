import numpy as np
import pytest

from cbsn_pipeline.benchmarks.dnd.boxes import box_slices, check_boxes, is_whole_set


def test_a_box_counts_from_one_and_includes_both_ends():
    image = np.arange(20).reshape(4, 5)

    rows, columns = box_slices([2, 3, 3, 5])

    assert image[rows, columns].tolist() == [[7, 8, 9], [12, 13, 14]]


@pytest.mark.parametrize(
    "box", [[0, 1, 511, 512], [1, 1, 512], [9, 1, 8, 5], [1, 9, 5, 8]]
)
def test_what_is_not_a_box_is_refused(box):
    with pytest.raises(ValueError, match="is not a box of DND; expected row0, col0"):
        box_slices(box)


def official_boxes():
    return np.tile([[1.0, 2.0, 512.0, 513.0]], (20, 1))


def test_official_boxes_are_accepted():
    check_boxes(official_boxes(), where="info.mat", image_shape=(512, 513, 3))


def test_transposed_boxes_are_refused():
    with pytest.raises(ValueError, match=r"info.mat: boxes of shape \(4, 20\)"):
        check_boxes(official_boxes().T, where="info.mat")


def test_boxes_of_another_size_are_refused():
    boxes = official_boxes()
    boxes[4, 2] += 1

    with pytest.raises(ValueError, match="box 5 covers 513x512 pixels; expected 512"):
        check_boxes(boxes, where="info.mat")


def test_boxes_outside_the_image_are_refused():
    with pytest.raises(
        ValueError, match=r"box 1, \[1, 2, 512, 513\], leaves .* 512x512"
    ):
        check_boxes(official_boxes(), where="info.mat", image_shape=(512, 512, 3))


def test_only_the_whole_set_can_be_uploaded():
    assert is_whole_set(50, 20)
    assert not is_whole_set(50, 19)
