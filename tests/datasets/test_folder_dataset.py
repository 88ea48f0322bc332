import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import FolderDataset


def test_the_folder_is_handed_over_whether_it_exists_or_not(tmp_path):
    dataset = FolderDataset(filepath=str(tmp_path / "state"))

    assert dataset.load() == tmp_path / "state"
    assert not dataset.exists()


def test_a_folder_cannot_be_saved(tmp_path):
    with pytest.raises(DatasetError, match="no node returns it"):
        FolderDataset(filepath=str(tmp_path)).save(object())
