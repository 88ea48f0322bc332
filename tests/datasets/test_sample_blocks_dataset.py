"""The sample's blocks are read back by the reader of the real ones."""

import time

import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import MatBlocksDataset, SampleBlocksDataset
from cbsn_pipeline.formats.mat_file import container, list_variables

STEM = "ValidationGtBlocksSrgb"


@pytest.fixture
def blocks(noise):
    return noise(2, 1, 256, 256, 3)


def test_blocks_come_back_from_a_v5_file_whose_variable_is_its_stem(tmp_path, blocks):
    path = tmp_path / "sidd" / f"{STEM}.mat"
    dataset = SampleBlocksDataset(filepath=str(path))
    assert not dataset.exists()

    dataset.save(blocks)

    assert dataset.exists()
    assert container(path) == "v5"
    assert list(list_variables(path)) == [STEM]
    loaded = MatBlocksDataset(filepath=str(path), variable=STEM).load()
    assert np.array_equal(loaded, blocks)


def test_same_blocks_same_bytes_at_another_time(tmp_path, blocks, monkeypatch):
    path = tmp_path / f"{STEM}.mat"
    SampleBlocksDataset(filepath=str(path)).save(blocks)
    first = path.read_bytes()
    monkeypatch.setattr(time, "asctime", lambda *_: "Thu Jan  1 00:00:00 1970")

    SampleBlocksDataset(filepath=str(path)).save(blocks)

    assert path.read_bytes() == first
    assert b"simulated by cbsn_pipeline" in first[:116]


def test_other_blocks_are_refused_and_the_old_file_stays(tmp_path, blocks):
    path = tmp_path / f"{STEM}.mat"
    dataset = SampleBlocksDataset(filepath=str(path))
    dataset.save(blocks)
    first = path.read_bytes()

    with pytest.raises(DatasetError, match=r"shape \(2, 256, 256, 3\); expected"):
        dataset.save(blocks[:, 0])

    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_it_does_not_load_and_says_what_does(tmp_path):
    dataset = SampleBlocksDataset(filepath=str(tmp_path / f"{STEM}.mat"))

    with pytest.raises(DatasetError, match="only written here. .* MatBlocksDataset"):
        dataset.load()
    assert STEM in str(dataset)
