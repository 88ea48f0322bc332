import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.noisy_images import find_noisy_images


def test_images_come_unquantised_in_the_order_of_their_numbers(tmp_path, write_mat73):
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 7, 5, 3)).astype(np.float32)
    write_mat73(tmp_path / "images_srgb" / "0002.mat", InoisySRGB=second)
    write_mat73(tmp_path / "images_srgb" / "0001.mat", InoisySRGB=first)

    images = find_noisy_images("dnd", tmp_path)

    assert [i.path for i in images] == ["images_srgb/0001.mat", "images_srgb/0002.mat"]
    np.testing.assert_array_equal(images.read(1), second)


def test_a_folder_without_srgb_images_is_an_error(tmp_path):
    (tmp_path / "images_raw").mkdir()

    with pytest.raises(DatasetError, match="no sRGB image.*It holds images_raw"):
        find_noisy_images("dnd", tmp_path)
    with pytest.raises(DatasetError, match=r"does not exist; expected .*images_srgb"):
        find_noisy_images("dnd", tmp_path / "dnd2017")
