import logging

import cv2
import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.noisy_images import find_noisy_images

SCENES = ("0001_001_S6_00100_00060_3200_L", "0002_001_GP_01600_00350_5500_N")


@pytest.fixture
def tree(tmp_path, noise):
    """Writes a tree of PNGs; returns its root."""

    def write(*names, data="Data", scenes=SCENES):
        for number, scene in enumerate(scenes, start=1):
            for name in names:
                path = tmp_path / data / scene / name.replace("NNNN", f"{number:04d}")
                write_png(path, noise(8, 6, 3, seed=number))
        return tmp_path

    return write


MEDIUM = ("NNNN_NOISY_SRGB_010.PNG", "NNNN_GT_SRGB_010.PNG", "NNNN_NOISY_SRGB_011.PNG")


@pytest.mark.parametrize("data", ["Data", "mnt/d/SIDD_Medium_Srgb/Data", "."])
def test_noisy_images_are_found_at_any_depth_under_the_same_names(tree, noise, data):
    images = find_noisy_images("sidd_medium", tree(*MEDIUM, data=data))

    assert [image.path for image in images] == [
        f"{SCENES[0]}/0001_NOISY_SRGB_010.PNG",
        f"{SCENES[0]}/0001_NOISY_SRGB_011.PNG",
        f"{SCENES[1]}/0002_NOISY_SRGB_010.PNG",
        f"{SCENES[1]}/0002_NOISY_SRGB_011.PNG",
    ]
    assert images[2].scene_instance == SCENES[1]
    assert images[2].name == images[2].path
    assert images[2].member is None
    np.testing.assert_array_equal(images.read(2), noise(8, 6, 3, seed=2))


def test_the_names_of_sidd_small_are_known(tree):
    root = tree("NOISY_SRGB_010.PNG", "GT_SRGB_010.PNG")

    images = find_noisy_images("sidd_medium", root)

    assert [i.path for i in images] == [f"{s}/NOISY_SRGB_010.PNG" for s in SCENES]


def test_a_fourth_channel_is_dropped(tree, noise):
    root = tree("NNNN_NOISY_SRGB_010.PNG", scenes=SCENES[:1])
    path = root / "Data" / SCENES[0] / "0001_NOISY_SRGB_010.PNG"
    path.write_bytes(cv2.imencode(".png", noise(8, 6, 4))[1].tobytes())

    assert find_noisy_images("sidd_medium", root).read(0).shape == (8, 6, 3)


def test_a_folder_reached_by_a_link_is_searched_once(tree, tmp_path):
    root = tree(*MEDIUM, data="real/Data")
    (root / "real" / "loop").symlink_to(root / "real")
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "Data").symlink_to(root / "real" / "Data")

    assert len(find_noisy_images("sidd_medium", root / "real")) == 4
    assert len(find_noisy_images("sidd_medium", tmp_path / "top")) == 4


def test_clean_images_alone_are_an_error(tree):
    root = tree("NNNN_GT_SRGB_010.PNG")

    with pytest.raises(DatasetError, match=r"no noisy image; .*only the clean images"):
        find_noisy_images("sidd_medium", root)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Data/0001/0001_NOISY_RAW_010.MAT", "holds SIDD's raw-RGB files"),
        ("SIDD_Medium_Srgb.zip", "holds a zip archive: unzip it here"),
        ("holiday.png", r"1 other files, for example .*holiday\.png\. Is it the right"),
    ],
)
def test_a_folder_of_something_else_is_an_error(tmp_path, name, message):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"x")

    with pytest.raises(DatasetError, match=message):
        find_noisy_images("sidd_medium", tmp_path)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="It holds 0 other files"):
        find_noisy_images("sidd_medium", tmp_path)


def test_a_misnamed_scene_instance_is_an_error(tree):
    root = tree("NNNN_NOISY_SRGB_010.PNG", scenes=["0001_001_S6_100"])

    with pytest.raises(DatasetError, match="'0001_001_S6_100' is not a SIDD scene"):
        find_noisy_images("sidd_medium", root)


def test_two_copies_of_the_data_set_are_an_error(tree):
    tree(*MEDIUM, data="Data")
    root = tree(*MEDIUM, data="copy/Data")

    with pytest.raises(DatasetError, match="occurs twice below .*Expected one copy"):
        find_noisy_images("sidd_medium", root)


def test_misnamed_noisy_files_are_mentioned(tree, caplog):
    caplog.set_level(logging.WARNING)
    root = tree("NNNN_NOISY_SRGB_010.PNG", "NNNN_NOISY_SRGB_010 (1).PNG")

    assert len(find_noisy_images("sidd_medium", root)) == 2
    assert "2 files have NOISY in their name" in caplog.text


def test_sixteen_bit_images_are_not_sidd_s(tree):
    root = tree("NNNN_NOISY_SRGB_010.PNG", scenes=SCENES[:1])
    path = root / "Data" / SCENES[0] / "0001_NOISY_SRGB_010.PNG"
    write_png(path, np.zeros((4, 4, 3), np.uint16))

    with pytest.raises(DatasetError, match="uint16 values; SIDD's sRGB images are"):
        find_noisy_images("sidd_medium", root).read(0)


def test_a_missing_or_zipped_folder_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="does not exist; expected SIDD-Medium"):
        find_noisy_images("sidd_medium", tmp_path / "SIDD")
    (tmp_path / "SIDD.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(DatasetError, match="is a zip archive; expected a folder"):
        find_noisy_images("sidd_medium", tmp_path / "SIDD.zip")
