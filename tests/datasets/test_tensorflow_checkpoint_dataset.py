import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import TensorFlowCheckpointDataset


def test_without_a_name_it_says_how_to_give_one():
    dataset = TensorFlowCheckpointDataset(filepath=None)

    assert not dataset.exists()
    with pytest.raises(DatasetError, match="No checkpoint was named.*--params"):
        dataset.load()


def test_it_is_never_written(tmp_path):
    dataset = TensorFlowCheckpointDataset(filepath=str(tmp_path / "a.ckpt"))

    with pytest.raises(DatasetError, match="imported, never written"):
        dataset.save("weights")
