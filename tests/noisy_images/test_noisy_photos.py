import cv2
import numpy as np
import pytest
from kedro.io import DatasetError
from PIL import Image

from cbsn_pipeline.noisy_images import find_noisy_images


@pytest.fixture
def photos(tmp_path, noise):
    (tmp_path / "deep").mkdir()
    for name in ("b.JPG", "a.png", "deep/c.TiFf", "deep/._c.png", "notes.txt"):
        with (tmp_path / name).open("wb") as file:
            Image.fromarray(noise(9, 7, 3)).save(file, "PNG")
    return tmp_path


def test_a_folder_is_searched_to_any_depth_with_capitals_or_not(photos, noise):
    images = find_noisy_images("photos", photos)

    assert [image.path for image in images] == ["a.png", "b.JPG", "deep/c.TiFf"]
    np.testing.assert_array_equal(images.read(0), noise(9, 7, 3))


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*.JPG", ["b.JPG"]),
        ("**/*", ["a.png", "b.JPG", "deep/c.TiFf"]),
        ("d*/c.*", ["deep/c.TiFf"]),
        ("a.png", ["a.png"]),
    ],
)
def test_a_glob_or_a_file_selects(photos, pattern, paths):
    images = find_noisy_images("photos", photos / pattern)

    assert [image.path for image in images] == paths


def test_a_name_with_brackets_is_a_file_if_there_is_one(photos):
    (photos / "a.png").rename(photos / "a[1].png")

    assert find_noisy_images("photos", photos / "a[1].png")[0].path == "a[1].png"


def test_eight_bits_stay_and_sixteen_become_float_in_unit_range(tmp_path, noise):
    stored = np.array([[[0, 32768, 65535]]], np.uint16)
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", stored)[1].tobytes())
    Image.fromarray(noise(4, 4)).save(tmp_path / "b.png")

    images = find_noisy_images("photos", tmp_path)

    assert images.read(0).dtype == np.float32
    assert images.read(0)[0, 0].tolist() == pytest.approx([1, 32768 / 65535, 0])
    assert images.read(1).dtype == np.uint8
    assert images.read(1).shape == (4, 4, 3)


def test_no_photograph_is_an_error_that_says_what_is_there(tmp_path):
    (tmp_path / "a.psd").touch()

    with pytest.raises(DatasetError, match=r"matches no photograph.*It has 1 \.psd"):
        find_noisy_images("photos", tmp_path)
    with pytest.raises(DatasetError, match="It has no file at all"):
        find_noisy_images("photos", tmp_path / "*.png")
    with pytest.raises(DatasetError, match=r"does not exist.*that match \*\.png"):
        find_noisy_images("photos", tmp_path / "none" / "*.png")
    with pytest.raises(DatasetError, match="does not exist"):
        find_noisy_images("photos", tmp_path / "none.png")
