from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.noisy_images import find_noisy_images, sidd_blocks

NAME = "BenchmarkNoisyBlocksSrgb"


@pytest.fixture
def blocks(noise):
    return noise(2, 3, 256, 256, 3)


@pytest.fixture
def path(tmp_path, blocks):
    savemat(tmp_path / f"{NAME}.mat", {NAME: blocks}, do_compression=True)
    return tmp_path / f"{NAME}.mat"


def test_every_block_is_an_image(path, blocks):
    images = find_noisy_images("sidd_blocks", path)

    assert len(images) == 6
    assert images[4].name == f"{NAME}.mat[1, 1]"
    assert images[4].member == (1, 1)
    np.testing.assert_array_equal(images.read(4), blocks[1, 1])


def test_the_array_is_read_once_and_only_when_asked_for(path, monkeypatch):
    calls = []
    real = sidd_blocks.read_blocks
    monkeypatch.setattr(
        sidd_blocks, "read_blocks", lambda *a: calls.append(a) or real(*a)
    )

    images = find_noisy_images("sidd_blocks", path)
    assert not calls
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(images.read, range(6)))

    assert len(calls) == 1


def test_a_v73_file_of_another_name_is_read(tmp_path, blocks, write_mat73):
    path = write_mat73(tmp_path / "mine.mat", **{NAME: blocks})

    images = find_noisy_images("sidd_blocks", path)

    np.testing.assert_array_equal(images.read(5), blocks[1, 2])


def test_clean_blocks_are_an_error(tmp_path, blocks):
    path = tmp_path / "ValidationGTBlocksSrgb.mat"
    savemat(path, {"ValidationGTBlocksSrgb": blocks})

    with pytest.raises(DatasetError, match="holds clean blocks, by its name"):
        find_noisy_images("sidd_blocks", path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (NAME, np.zeros((2, 1, 256, 256), np.float32), "Is this the raw-RGB file"),
        (NAME, np.zeros((2, 1, 256, 256, 3)), "holds float64 values"),
        (NAME, np.zeros((2, 256, 256, 3), np.uint8), "expected sRGB blocks of shape"),
        ("BenchmarkNoisyBlocksRaw", np.eye(2), "it has BenchmarkNoisyBlocksRaw"),
    ],
)
def test_raw_and_other_arrays_are_an_error(tmp_path, name, array, message):
    path = tmp_path / f"{NAME}.mat"
    savemat(path, {name: array})

    with pytest.raises(DatasetError, match=message):
        find_noisy_images("sidd_blocks", path)


def test_a_folder_is_an_error_that_lists_it(path):
    with pytest.raises(DatasetError, match=f"is a folder.*It holds {NAME}.mat"):
        find_noisy_images("sidd_blocks", path.parent)
