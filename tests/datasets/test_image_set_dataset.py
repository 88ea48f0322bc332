import h5py
import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.datasets.image_set_dataset import ImageSetDataset
from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.photos.image_set import find_image_set


@pytest.fixture
def blocks():
    return np.arange(2 * 3 * 4 * 5 * 3).reshape(2, 3, 4, 5, 3).astype(np.uint8)


def save_v73(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array.T


def test_a_folder_is_searched_to_any_depth_and_read_image_by_image(tmp_path):
    image = np.full((4, 5, 3), 7, dtype=np.uint16)
    for name in ("b/c.png", "a.png"):
        write_png(tmp_path / name, image)

    found = ImageSetDataset(filepath=str(tmp_path), option="denoised").load()

    assert found.kind == "folder"
    assert [image.name for image in found] == ["a.png", "b/c.png"]
    assert [image.name for image in found[1:]] == ["b/c.png"]
    np.testing.assert_array_equal(found.read(1), image)


def test_one_file_is_a_set_of_one(tmp_path):
    write_png(tmp_path / "a.png", np.zeros((4, 5, 3), dtype=np.uint8))

    found = find_image_set(tmp_path / "a.png")

    assert (found.kind, len(found), found[0].name) == ("file", 1, "a.png")


@pytest.mark.parametrize("save", [savemat, save_v73])
def test_every_block_of_a_matlab_array_is_an_image(tmp_path, blocks, save):
    path = tmp_path / "x.mat"
    if save is savemat:
        savemat(path, {"Blocks": blocks, "TimeMPSrgb": 1.5})
    else:
        save_v73(path, Blocks=blocks, TimeMPSrgb=np.array([[1.5]]))

    found = find_image_set(path)

    assert (found.kind, len(found)) == ("array", 6)
    assert [image.name for image in found[4:]] == ["[1, 1]", "[1, 2]"]
    np.testing.assert_array_equal(found.read(5), blocks[1, 2])


def test_an_array_of_one_image_is_a_set_of_one(tmp_path, blocks):
    savemat(tmp_path / "x.mat", {"Idenoised_crop": blocks[0, 0] / np.float32(255)})

    found = find_image_set(tmp_path / "x.mat")

    assert [image.name for image in found] == ["x.mat"]
    assert found.read(0).dtype == np.float32


def test_of_several_arrays_one_must_be_named(tmp_path, blocks):
    path = tmp_path / "x.mat"
    savemat(path, {"noisy": blocks, "clean": 2 * blocks})

    with pytest.raises(
        DatasetError, match=r"2 arrays .* noisy \(2, 3, .* denoised_variable=NAME"
    ):
        find_image_set(path)

    dataset = ImageSetDataset(filepath=str(path), option="clean", variable="clean")
    np.testing.assert_array_equal(dataset.load().read(0), 2 * blocks[0, 0])


def test_a_variable_that_is_not_there_is_named_with_those_that_are(tmp_path, blocks):
    savemat(tmp_path / "x.mat", {"noisy": blocks})

    with pytest.raises(DatasetError, match=r"no variable 'gt'; it has noisy"):
        find_image_set(tmp_path / "x.mat", "gt")


@pytest.mark.parametrize(
    "content",
    [{"raw": np.zeros((2, 8, 8))}, {"cell": np.array([[{"a": 1.0}]], object)}],
)
def test_a_file_without_an_array_of_images_is_refused(tmp_path, content):
    savemat(tmp_path / "x.mat", content)

    with pytest.raises(DatasetError, match=r"no arrays of images.* Cell arrays, stru"):
        find_image_set(tmp_path / "x.mat")


def test_an_image_file_has_no_variables(tmp_path):
    with pytest.raises(DatasetError, match="no MATLAB file .* 'gt' is named"):
        find_image_set(tmp_path / "a.png", "gt")


def test_no_path_is_an_error_that_shows_the_command():
    dataset = ImageSetDataset(filepath=None, option="clean")

    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"No clean images .* denoised=/my/results,"):
        dataset.load()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    dataset = ImageSetDataset(filepath=str(tmp_path / "nothing"), option="clean")

    with pytest.raises(DatasetError, match="nothing does not exist; expected"):
        dataset.load()


def test_images_to_score_are_never_written(tmp_path):
    dataset = ImageSetDataset(filepath=str(tmp_path), option="clean")

    with pytest.raises(DatasetError, match="raw data: never written"):
        dataset.save(1)
