import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.datasets import DndFolderDataset
from cbsn_pipeline.formats.dnd_folder import DndFolder, read_noisy_srgb

BOXES = np.array([[1, 1, 4, 4], [3, 6, 6, 9]])  # 4 x 4 pixels, from 1, ends inside


@pytest.fixture
def image():
    return np.random.default_rng(0).random((7, 9, 3)).astype(np.float32)


@pytest.fixture
def folder(tmp_path, image, write_mat73, write_info):
    write_info(tmp_path / "info.mat", [BOXES, BOXES], ["Nexus6P", "SonyA7R"])
    write_mat73(tmp_path / "images_srgb" / "0001.mat", InoisySRGB=image)
    return tmp_path


def test_boxes_cameras_and_pixels_are_those_of_the_files(folder, image):
    dnd = DndFolderDataset(filepath=str(folder)).load()

    assert dnd.num_images == 2
    assert dnd.boxes(1).tolist() == BOXES.tolist()
    assert [dnd.camera(0), dnd.camera(1)] == ["Nexus6P", "SonyA7R"]
    np.testing.assert_array_equal(dnd.read(0), image)
    crop = dnd.crop(dnd.read(0), 0, 1)
    np.testing.assert_array_equal(crop, image[2:6, 5:9])
    assert crop.flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_single_and_double_of_either_container_are_accepted(
    tmp_path, image, write_mat73, dtype
):
    stored = image.astype(dtype)
    new = write_mat73(tmp_path / "a.mat", InoisySRGB=stored)
    old = tmp_path / "b.mat"
    savemat(old, {"InoisySRGB": stored})

    for path in (new, old):
        read = read_noisy_srgb(path)
        np.testing.assert_array_equal(read, image)
        assert read.dtype == np.float32


def test_rounding_beyond_one_is_clipped(tmp_path, image, write_mat73):
    image[0, 0, 0] = 1 + 2e-7

    read = read_noisy_srgb(write_mat73(tmp_path / "a.mat", InoisySRGB=image))

    assert read.max() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda image: image[..., 0], r"shape \(7, 9\); expected \(height, width, 3\)"),
        (lambda image: image.transpose(2, 0, 1), r"shape \(3, 7, 9\)"),
        (lambda image: image * 255, r"ranges over .*expected \[0, 1\]. Was it scaled"),
        (lambda image: image - 0.5, r"ranges over -0.49"),
        (lambda image: np.where(image > 0.9, np.nan, image), "NaN or infinite"),
        (lambda image: np.where(image > 0.9, np.inf, image), "NaN or infinite"),
    ],
)
def test_other_images_are_refused(tmp_path, image, write_mat73, change, message):
    path = write_mat73(tmp_path / "0001.mat", InoisySRGB=change(image))

    with pytest.raises(DatasetError, match=message):
        read_noisy_srgb(path)


def test_an_image_without_the_variable_is_an_error(tmp_path, image, write_mat73):
    path = write_mat73(tmp_path / "0001.mat", Inoisy=image)

    with pytest.raises(DatasetError, match=r"no variable 'InoisySRGB'; it has Inoisy"):
        read_noisy_srgb(path)


def test_images_that_are_not_there_are_named(folder):
    with pytest.raises(DatasetError, match=r"lacks 1 of the 2 images.*: 0002\.mat\."):
        DndFolder(folder).check_images()
    with pytest.raises(DatasetError, match=r"0002\.mat does not exist"):
        DndFolder(folder).read(1)


def test_a_folder_without_info_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r"info\.mat does not exist.*list of boxes"):
        DndFolder(tmp_path)
    with pytest.raises(DatasetError, match="does not exist; expected DND's"):
        DndFolder(tmp_path / "dnd2017")


def test_an_info_of_another_format_is_an_error(tmp_path, write_mat73):
    savemat(tmp_path / "info.mat", {"info": 1})
    with pytest.raises(DatasetError, match=r"v5 file; DND's info\.mat is v7\.3"):
        DndFolder(tmp_path)

    write_mat73(tmp_path / "info.mat", other=np.eye(2))
    with pytest.raises(DatasetError, match=r"is not DND's info\.mat, or damaged"):
        DndFolder(tmp_path)


def test_raw_data_is_never_written(folder):
    dataset = DndFolderDataset(filepath=str(folder))

    assert dataset.exists()
    with pytest.raises(DatasetError, match="raw data: never written"):
        dataset.save(1)


def test_the_real_info_lists_fifty_images_of_twenty_boxes(shared):
    from cbsn_pipeline.benchmarks.dnd.boxes import check_boxes

    dnd = DndFolder(shared / "data" / "dnd")

    assert dnd.num_images == 50
    for image in range(50):
        check_boxes(dnd.boxes(image), where=f"image {image}")
    assert dnd.boxes(0)[0].tolist() == [2857, 335, 3368, 846]
    cameras = [dnd.camera(i) for i in range(50)]
    assert {camera: cameras.count(camera) for camera in cameras} == {
        "Nexus6P": 12, "OMD_EM10": 13, "SonyA7R": 13, "SonyRX100": 12
    }  # fmt: skip
