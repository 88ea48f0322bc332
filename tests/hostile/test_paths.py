"""Results stay in their folder, whatever originals and data are called."""

import os
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets.photo_folder_dataset import PendingPhoto, PhotoFolderDataset
from cbsn_pipeline.datasets.photos_dataset import PhotosDataset
from cbsn_pipeline.formats.images import read_rgb, write_png
from cbsn_pipeline.noisy_images import sidd_medium
from cbsn_pipeline.photos.names import name_outputs
from cbsn_pipeline.photos.photo import Photo

IMAGE = np.zeros((4, 4, 3), np.uint8)
LONG = "x" * 251
STRANGE = [
    *("a\nb.png", "a..png", "a b;rm -rf ~.png", "%s%n.png", "[bold].png", "*.png"),
    *(
        "~.png",
        "C:\\Windows\\a.png",
        "\u202egnp.png",
        "\N{SMILING FACE WITH SUNGLASSES}.png",
    ),
    *(os.fsdecode(b"\xff\xfe.png"), f"{LONG}.png", f"{LONG}.jpg"),
]


def photograph(path: Path) -> Path:
    """Write a small picture under any name."""
    write_png(path.parent / "new.png", IMAGE)
    (path.parent / "new.png").rename(path)
    return path


def denoise(photos: PhotosDataset, results: Path) -> list[Path]:
    """Save what is loaded, under the names that denoising gives."""
    loaded = photos.load()
    names = name_outputs(loaded.relative, "png")
    pending = [
        PendingPhoto(source, name, lambda: Photo(Path("none"), "PNG", IMAGE))
        for source, name in zip(loaded, names, strict=True)
    ]
    PhotoFolderDataset(filepath=str(results)).save(pending)
    return [path for path in results.rglob("*") if path.is_file()]


def test_strange_names_give_results_in_the_folder(tmp_path):
    for name in STRANGE:
        photograph(tmp_path / "photos" / "new.png").rename(tmp_path / "photos" / name)
    before = sorted((tmp_path / "photos").iterdir())

    results = denoise(
        PhotosDataset(filepath=str(tmp_path / "photos")), tmp_path / "results"
    )

    assert len(results) == len(STRANGE)
    assert sorted((tmp_path / "photos").iterdir()) == before
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "results"}
    for path in results:
        assert path.parent == tmp_path / "results"
        assert len(os.fsencode(path.name)) <= 255
        np.testing.assert_array_equal(read_rgb(path), IMAGE)


def test_long_names_that_would_be_the_same_are_cut_and_numbered():
    originals = [Path(f"{LONG}.jpg"), Path(f"{LONG}.png"), Path(f"{LONG}.TIF")]

    names = name_outputs(originals, "png")

    assert len({str(name) for name in names}) == 3
    assert all(len(str(name)) <= 255 and name.suffix == ".png" for name in names)


def test_photographs_named_through_dots_give_results_in_the_folder(tmp_path):
    """``day/../other`` has no name that could be taken as it is."""
    photograph(tmp_path / "photos" / "other" / "a.png")
    photograph(tmp_path / "photos" / "day" / "b.png")
    day = tmp_path / "photos" / "day"
    photos = PhotosDataset(filepath=[str(day / ".." / "other"), str(day)])

    results = denoise(photos, tmp_path / "results")

    assert sorted(p.relative_to(tmp_path / "results").as_posix() for p in results) == [
        "day/b.png",
        "other/a.png",
    ]


@pytest.mark.parametrize("name", ["../a.png", "day/../../a.png", "/anywhere/a.png"])
def test_a_name_that_climbs_out_is_refused_before_anything_is_made(tmp_path, name):
    dataset = PhotoFolderDataset(filepath=str(tmp_path / "results"))
    pending = [
        PendingPhoto(tmp_path / "b.png", PurePosixPath("b.png"), lambda: IMAGE),
        PendingPhoto(tmp_path / "a.png", PurePosixPath(name), lambda: IMAGE),
    ]

    with pytest.raises(DatasetError, match="outside the folder of the results"):
        dataset.save(pending)
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_folder_of_results_leads_nothing_out(tmp_path):
    photograph(tmp_path / "photos" / "day" / "a.png")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "day").symlink_to(tmp_path / "elsewhere")
    photos = PhotosDataset(filepath=str(tmp_path / "photos"))

    with pytest.raises(DatasetError, match="Is a folder in it a link"):
        denoise(photos, tmp_path / "results")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_links_among_photographs_neither_loop_nor_write_outside(tmp_path):
    outside = photograph(tmp_path / "outside" / "a.png")
    folder = tmp_path / "photos"
    photograph(folder / "b.png")
    (folder / "loop").symlink_to(folder)
    (folder / "self.png").symlink_to(folder / "self.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "folder").symlink_to(outside.parent)
    (folder / "linked.png").symlink_to(outside)

    results = denoise(PhotosDataset(filepath=str(folder)), tmp_path / "results")

    assert {p.relative_to(tmp_path / "results").as_posix() for p in results} == {
        "b.png",
        "linked.png",
    }
    assert [p.name for p in outside.parent.iterdir()] == ["a.png"]


def test_links_in_a_sidd_folder_are_followed_once(tmp_path):
    scene = tmp_path / "sidd" / "0001_001_S6_00100_00060_3200_L"
    photograph(scene / "0001_NOISY_SRGB_010.PNG")
    (tmp_path / "sidd" / "again").symlink_to(tmp_path / "sidd")
    (scene / "loop").symlink_to(scene)

    assert len(sidd_medium.find(tmp_path / "sidd")) == 1


def test_devices_and_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "a.png")

    with pytest.raises(DatasetError, match="is empty"):
        read_rgb(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="is empty"):
        read_rgb(Path("/dev/zero"))
