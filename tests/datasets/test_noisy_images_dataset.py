import pickle

import pytest
from kedro.io import DatasetError
from PIL import Image

from cbsn_pipeline.datasets import NoisyImagesDataset


def test_it_lists_the_images_of_its_kind(tmp_path, noise):
    Image.fromarray(noise(4, 4, 3)).save(tmp_path / "a.png")
    dataset = NoisyImagesDataset(kind="photos", filepath=str(tmp_path))

    assert [image.name for image in dataset.load()] == ["a.png"]
    assert dataset.exists()
    assert not NoisyImagesDataset(kind="dnd", filepath=str(tmp_path)).exists()
    assert pickle.loads(pickle.dumps(dataset)).exists()  # ParallelRunner needs it


def test_raw_data_is_never_written(tmp_path):
    dataset = NoisyImagesDataset(kind="photos", filepath=str(tmp_path))

    with pytest.raises(DatasetError, match="raw data: never written"):
        dataset.save(1)
