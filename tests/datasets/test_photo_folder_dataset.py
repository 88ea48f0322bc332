import logging
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import pytest
from kedro.io import DatasetError, Version

from cbsn_pipeline.datasets.photo_folder_dataset import (
    PendingPhoto,
    PhotoFolderDataset,
)
from cbsn_pipeline.formats.images import read_rgb, write_png
from cbsn_pipeline.photos.photo import Photo

RAMP = np.arange(2 * 3 * 3).reshape(2, 3, 3)


def pending(name, image, source="/originals/x.jpg"):
    photo = Photo(Path(source), "PNG", image)
    return PendingPhoto(Path(source), PurePosixPath(name), lambda: photo)


def failing(name, error, source="/originals/bad.jpg"):
    def fail():
        raise error

    return PendingPhoto(Path(source), PurePosixPath(name), fail)


def dataset_at(folder, version=None):
    return PhotoFolderDataset(filepath=folder.as_posix(), version=version)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_depth_of_a_photograph_is_kept(tmp_path, dtype):
    image = (RAMP * (3000 if dtype == np.uint16 else 10)).astype(dtype)
    dataset = dataset_at(tmp_path / "out")

    dataset.save([pending("day/a.png", image)])

    stored = cv2.imread(str(tmp_path / "out/day/a.png"), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored[..., ::-1], image)
    assert dataset.load() == (tmp_path / "out/day/a.png",)


def test_every_run_has_a_folder_of_its_own(tmp_path):
    image = RAMP.astype(np.uint8)
    first, second = (
        dataset_at(tmp_path / "photos", Version(None, f"2026-01-0{day}T00.00.00.000Z"))
        for day in (1, 2)
    )
    assert not first.exists()

    first.save([pending("a.png", image)])
    second.save([pending("a.png", image + np.uint8(1))])

    (kept,), (new,) = first.load(), second.load()
    assert kept != new
    np.testing.assert_array_equal(read_rgb(kept), image)


def test_an_original_is_never_overwritten(tmp_path):
    original = tmp_path / "a.png"
    write_png(original, RAMP.astype(np.uint8))
    before = original.read_bytes()

    with pytest.raises(DatasetError, match=r"a\.png is one of the originals"):
        dataset_at(tmp_path).save(
            [pending("a.png", RAMP.astype(np.uint8), source=original)]
        )

    assert original.read_bytes() == before


def test_an_original_behind_a_link_is_never_overwritten(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_png(tmp_path / "real/a.png", RAMP.astype(np.uint8))

    with pytest.raises(DatasetError, match="is one of the originals"):
        dataset_at(tmp_path / "real").save(
            [pending("a.png", RAMP.astype(np.uint8), source=tmp_path / "link/a.png")]
        )


def test_a_file_of_the_same_name_is_not_overwritten(tmp_path):
    (tmp_path / "a.png").write_text("something of the user's")

    with pytest.raises(DatasetError, match=r"a\.png exists and is not overwritten"):
        dataset_at(tmp_path).save([pending("a.png", RAMP.astype(np.uint8))])

    assert (tmp_path / "a.png").read_text() == "something of the user's"


def test_two_photographs_of_one_name_are_refused(tmp_path):
    image = RAMP.astype(np.uint8)

    with pytest.raises(DatasetError, match="2 photographs would be written to 1 names"):
        dataset_at(tmp_path / "out").save(
            [pending("a.png", image), pending("a.png", image)]
        )

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "error",
    [
        DatasetError("bad.jpg is truncated"),
        ValueError("not an image"),
        OSError("cannot read"),
        RuntimeError("out of memory on the device"),
        MemoryError(),
    ],
)
def test_a_bad_photograph_is_reported_and_the_others_go_on(tmp_path, caplog, error):
    image = RAMP.astype(np.uint8)
    photos = [pending("a.png", image), failing("b.png", error), pending("c.png", image)]
    dataset = dataset_at(tmp_path / "out")

    with (
        caplog.at_level(logging.INFO),
        pytest.raises(DatasetError, match="1 of 3 photographs were not denoised") as at,
    ):
        dataset.save(photos)

    reason = str(error) or "MemoryError"
    assert f"/originals/bad.jpg: {reason}" in str(at.value)
    assert f"Not denoised: /originals/bad.jpg: {error}" in caplog.text
    assert "2 of 3 photographs written to" in caplog.text
    assert [path.name for path in dataset.load()] == ["a.png", "c.png"]
    assert [
        path.name for path in (tmp_path / "out").iterdir() if "b" in path.name
    ] == []


def test_an_interrupted_batch_keeps_what_is_complete(tmp_path):
    image = RAMP.astype(np.uint8)
    photos = [pending("a.png", image), failing("b.png", KeyboardInterrupt())]

    with pytest.raises(KeyboardInterrupt):
        dataset_at(tmp_path / "out").save(photos)

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="expected a folder of denoised photographs"):
        dataset_at(tmp_path / "out").load()


def test_it_describes_itself(tmp_path):
    assert "out" in str(dataset_at(tmp_path / "out"))
