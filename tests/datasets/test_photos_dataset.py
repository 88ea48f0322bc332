import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets.photos_dataset import PhotosDataset
from cbsn_pipeline.formats.images import write_png


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("b.png", "a.png", "day/c.png")):
        write_png(tmp_path / name, np.full((2, 3, 3), number, dtype=np.uint8))
    (tmp_path / "notes.txt").write_text("not a photograph")
    return tmp_path


def loaded(*paths):
    return PhotosDataset(filepath=[str(path) for path in paths]).load()


def test_a_folder_is_searched_to_any_depth(folder):
    photos = PhotosDataset(filepath=str(folder)).load()

    assert len(photos) == 3
    assert [path.as_posix() for path in photos.relative] == [
        *("a.png", "b.png", "day/c.png"),
    ]
    assert photos[1:] == (folder / "b.png", folder / "day/c.png")


def test_photographs_are_read_one_by_one(folder):
    photos = loaded(folder)

    np.testing.assert_array_equal(photos.read(2).rgb, np.full((2, 3, 3), 2))


def test_a_glob_takes_what_matches(folder):
    assert list(loaded(folder / "*.png")) == [folder / "a.png", folder / "b.png"]


def test_one_file_is_named_from_its_folder(folder):
    photos = loaded(folder / "day/c.png")

    assert [str(path) for path in photos.relative] == ["c.png"]


def test_several_places_are_joined_and_nothing_comes_twice(folder):
    photos = loaded(folder / "a.png", folder / "day", folder / "*.png")

    assert [path.as_posix() for path in photos.relative] == [
        *("a.png", "day/c.png", "b.png"),
    ]


def test_a_relative_path_works(folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert list(loaded("day", "a.png")) == [folder / "day/c.png", folder / "a.png"]


@pytest.mark.parametrize("name", ["nothing_here", "nothing_here/*.jpg"])
def test_a_place_that_does_not_exist_is_an_error(folder, name):
    dataset = PhotosDataset(filepath=str(folder / name))

    assert not dataset.exists()
    with pytest.raises(DatasetError, match="nothing_here does not exist"):
        dataset.load()


@pytest.mark.parametrize("name", ["notes.txt", "*.txt", "*.jpg"])
def test_a_place_without_photographs_is_an_error(folder, name):
    with pytest.raises(DatasetError, match="matches no photograph"):
        loaded(folder / name)


def test_an_empty_list_is_an_error():
    with pytest.raises(DatasetError, match="No photographs are named"):
        loaded()


def test_originals_are_never_written(folder):
    dataset = PhotosDataset(filepath=str(folder))

    assert dataset.exists()
    assert str(folder) in str(dataset)
    with pytest.raises(DatasetError, match="raw data: never written"):
        dataset.save("a photograph")
