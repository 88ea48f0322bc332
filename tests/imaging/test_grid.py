import numpy as np
import pytest

from cbsn_pipeline.imaging.grid import patch_origins


def test_origins_are_listed_row_by_row_from_the_border():
    origins = patch_origins(676, 476, patch_size=256, stride=200, border=10)

    # rows: 10, 210, 410 (410 + 256 = 666 = 676 - 10); columns: 10, 210
    assert origins.tolist() == [
        [10, 10], [10, 210], [210, 10], [210, 210], [410, 10], [410, 210]
    ]  # fmt: skip


def test_a_patch_that_would_cross_the_border_by_one_pixel_is_left_out():
    assert len(patch_origins(276, 276, patch_size=256, stride=200, border=10)) == 1
    assert len(patch_origins(275, 276, patch_size=256, stride=200, border=10)) == 0
    assert patch_origins(3, 9, patch_size=4, stride=1, border=0).shape == (0, 2)


@pytest.mark.parametrize("size", [(13, 21), (20, 17), (31, 40)])
@pytest.mark.parametrize(("patch", "stride", "border"), [(5, 3, 2), (4, 4, 0)])
def test_patches_cover_the_inside_up_to_a_remainder_below_one_stride(
    size, patch, stride, border
):
    covered = np.zeros(size, bool)
    for row, column in patch_origins(
        *size, patch_size=patch, stride=stride, border=border
    ):
        covered[row : row + patch, column : column + patch] = True

    inside = covered[border : size[0] - border, border : size[1] - border]
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert covered.sum() == inside.sum() == len(rows) * len(columns)
    assert rows.tolist() == list(range(len(rows)))
    assert columns.tolist() == list(range(len(columns)))
    assert inside.shape[0] - len(rows) < stride
    assert inside.shape[1] - len(columns) < stride


@pytest.mark.parametrize("wrong", [(0, 1, 0), (4, 0, 0), (4, 1, -1)])
def test_impossible_grids_are_refused(wrong):
    patch, stride, border = wrong
    with pytest.raises(ValueError, match="expected at least 1, 1 and 0 pixels"):
        patch_origins(9, 9, patch_size=patch, stride=stride, border=border)
