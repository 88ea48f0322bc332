import logging

import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.datasets import MatBlocksDataset

NAME = "ValidationGtBlocksSrgb"


@pytest.fixture
def blocks(noise):
    return noise(2, 1, 256, 256, 3)


@pytest.fixture(autouse=True)
def _info(caplog):
    caplog.set_level(logging.INFO)


def test_both_containers_load_alike(tmp_path, blocks, write_mat73):
    savemat(tmp_path / "a.mat", {NAME: blocks}, do_compression=True)
    write_mat73(tmp_path / "b.mat", **{NAME: blocks})

    for name in ("a.mat", "b.mat"):
        dataset = MatBlocksDataset(filepath=str(tmp_path / name), variable=NAME)
        np.testing.assert_array_equal(dataset.load(), blocks)
        assert dataset.exists()


def test_as_stored_the_values_are_the_same_in_the_order_of_the_file(
    tmp_path, blocks, write_mat73
):
    savemat(tmp_path / "a.mat", {NAME: blocks}, do_compression=True)
    write_mat73(tmp_path / "b.mat", **{NAME: blocks})

    for name in ("a.mat", "b.mat"):
        path = str(tmp_path / name)
        loaded = MatBlocksDataset(filepath=path, variable=NAME, as_stored=True).load()
        np.testing.assert_array_equal(loaded, blocks)
        assert loaded.flags.f_contiguous
        assert not loaded.flags.c_contiguous


def test_the_variable_is_by_default_named_like_the_file(tmp_path, blocks):
    savemat(tmp_path / f"{NAME}.mat", {NAME: blocks})

    assert MatBlocksDataset(filepath=str(tmp_path / f"{NAME}.mat")).load() is not None


def test_the_other_spelling_of_gt_is_found_and_logged(tmp_path, blocks, caplog):
    other = NAME.replace("Gt", "GT")
    savemat(tmp_path / f"{other}.mat", {other: blocks})

    dataset = MatBlocksDataset(filepath=str(tmp_path / f"{NAME}.mat"), variable=NAME)

    np.testing.assert_array_equal(dataset.load(), blocks)
    assert f"variable {NAME} found as {other}" in caplog.text
    assert f"{NAME}.mat not found, {other}.mat read instead" in caplog.text


def test_an_absent_file_is_none_only_where_it_is_not_required(tmp_path, caplog):
    path = str(tmp_path / "a.mat")

    optional = MatBlocksDataset(filepath=path, variable="A", required=False)

    assert optional.load() is None
    assert not optional.exists()
    assert "not there and not required" in caplog.text
    with pytest.raises(DatasetError, match="does not exist"):
        MatBlocksDataset(filepath=path, variable="A").load()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 1, 256, 256), np.float32), "Is this the raw-RGB file"),
        (np.zeros((2, 1, 256, 256, 3), np.float32), "float32 values.*uint8"),
        (np.zeros((2, 1, 128, 128, 3), np.uint8), r"\(any, any, 256, 256, 3\)"),
    ],
)
def test_other_blocks_are_refused(tmp_path, array, message):
    savemat(tmp_path / "a.mat", {"A": array})

    with pytest.raises(DatasetError, match=message):
        MatBlocksDataset(filepath=str(tmp_path / "a.mat"), variable="A").load()


def test_raw_data_is_never_written(tmp_path):
    dataset = MatBlocksDataset(filepath=str(tmp_path / "a.mat"))

    with pytest.raises(DatasetError, match="raw data: never written"):
        dataset.save(1)


def test_real_pixels_come_through_both_containers(shared, tmp_path, write_mat73):
    from cbsn_pipeline.formats.images import read_rgb

    files = sorted((shared / "data" / "sidd_validation" / "noisy").glob("02_0*.png"))
    real = np.stack([read_rgb(file) for file in files])[None]
    name = "ValidationNoisyBlocksSrgb"
    savemat(tmp_path / f"{name}.mat", {name: real}, do_compression=True)
    write_mat73(tmp_path / "new" / f"{name}.mat", **{name: real})

    for path in (tmp_path / f"{name}.mat", tmp_path / "new" / f"{name}.mat"):
        loaded = MatBlocksDataset(filepath=str(path), variable=name).load()
        np.testing.assert_array_equal(loaded, real)
