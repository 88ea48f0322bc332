import base64
import logging
from collections import namedtuple

import cv2
import h5py
import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import PatchesDataset
from cbsn_pipeline.formats.images import write_png


@pytest.fixture
def dataset(tmp_path, caplog):
    caplog.set_level(logging.INFO, "cbsn_pipeline")
    return PatchesDataset(filepath=str(tmp_path / "new" / "patches.h5"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "patches.h5"


def test_one_patch_is_one_chunk_with_its_provenance(dataset, path, extraction):
    dataset.save(extraction())

    with h5py.File(path) as file:
        assert file["patches"].chunks == (1, 8, 8, 3)
        assert file["provenance"][:].tolist()[-1] == [2, 0, 0]
        assert file.attrs["complete"]
    assert dataset.exists()
    assert [p.name for p in path.parent.iterdir()] == ["patches.h5"]


def test_the_same_input_gives_the_same_bytes(tmp_path, extraction):
    for name in ("one.h5", "two.h5"):
        PatchesDataset(filepath=str(tmp_path / name)).save(extraction())

    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_nothing_is_written_or_read_when_nothing_changed(
    dataset, path, extraction, photo_folder, caplog
):
    wanted = extraction()
    dataset.save(wanted)
    before = path.stat()
    (photo_folder / "a.png").unlink()  # reading it would now be an error

    dataset.save(wanted)

    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert f"{path} reused: nothing changed." in caplog.messages


def test_a_changed_option_rebuilds_and_is_named(dataset, extraction, caplog):
    dataset.save(extraction())
    dataset.save(extraction(stride=4))

    assert len(dataset.load()) == 9  # rows 0, 4, 8, 12 x columns 0, 4 and one of c.png
    assert 'the options changed from {"border": 0' in caplog.text
    assert '"stride": 4}' in caplog.text


def test_changed_data_rebuild(dataset, extraction, photo_folder, noise, caplog):
    dataset.save(extraction())
    new = noise(8, 8, 3, seed=7)
    write_png(photo_folder / "c.png", new)

    dataset.save(extraction())

    np.testing.assert_array_equal(dataset.load()[6], new)
    assert "is written: the data changed" in caplog.text


def test_an_unusable_file_is_rebuilt(dataset, path, extraction, caplog):
    path.parent.mkdir()
    path.write_bytes(b"half")

    dataset.save(extraction())

    assert len(dataset.load()) == 7
    assert "the one there cannot be used" in caplog.text


def test_an_interrupted_save_leaves_the_old_file_and_no_other(
    dataset, path, extraction, photo_folder, noise
):
    dataset.save(extraction())
    before = path.read_bytes()
    manifest = extraction().manifest
    write_png(photo_folder / "c.png", noise(8, 8, 3, seed=9))

    with pytest.raises(DatasetError, match="not the one that was ingested"):
        dataset.save(extraction(manifest, stride=3))

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("compression", ["lzf", "gzip"])
def test_compressed_patches_read_the_same(dataset, extraction, compression):
    wanted = extraction(compression=compression)

    dataset.save(wanted)

    expected = np.concatenate([cut.patches for cut in wanted])
    np.testing.assert_array_equal(list(dataset.load()), expected)


def test_a_full_disk_is_an_error_before_the_start(
    dataset, path, extraction, monkeypatch
):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(63 * 2**20))
    path.parent.mkdir()
    (path.parent / ".patches-abc.h5").touch()

    message = r"needs 0\.06 GiB for 7 patches; 0\.06 GiB are free.*\.patches-abc\.h5"
    with pytest.raises(DatasetError, match=message):
        dataset.save(extraction())
    assert not path.exists()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_preview_is_a_png_of_patches_from_all_over(
    dataset, extraction, photo_folder, dtype
):
    write_png(photo_folder / "d.png", np.zeros((8, 8, 3), dtype))
    dataset.save(extraction())

    png = base64.b64decode(dataset.preview(4))

    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (16, 16, 3)  # 2 x 2 patches of 8 x 8
    assert image[:8].any()
    assert not image[8:, 8:].any()  # the last patch is that of d.png
    assert PatchesDataset.preview.__annotations__["return"].__name__ == "ImagePreview"
