from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.noisy_images import (
    NoisyImage,
    NoisyImages,
    find_noisy_images,
)


def test_order_is_by_path_and_member_not_by_where_they_were_found():
    found = [
        NoisyImage("b", Path("b")),
        NoisyImage("a", Path("a"), member=(10, 0)),
        NoisyImage("a", Path("a"), member=(9, 1)),
    ]

    images = NoisyImages("photos", found, read=lambda _: np.zeros(1), read_bytes=0)

    assert [image.name for image in images] == ["a[9, 1]", "a[10, 0]", "b"]
    assert images[:2] == (found[2], found[1])


def test_an_unknown_kind_is_an_error_that_lists_the_known(tmp_path):
    with pytest.raises(DatasetError, match="'sidd' is not a kind.*sidd_medium, sidd_b"):
        find_noisy_images("sidd", tmp_path)
