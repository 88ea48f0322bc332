import pytest
from kedro.io import DatasetError, Version

from cbsn_pipeline.datasets import BytesDataset


def test_bytes_come_back_as_they_were(tmp_path):
    dataset = BytesDataset(filepath=str(tmp_path / "folder" / "a.onnx"))
    assert not dataset.exists()

    dataset.save(b"\0\1\2")

    assert dataset.exists()
    assert dataset.load() == b"\0\1\2"


def test_every_run_has_a_version_of_its_own(tmp_path):
    path = str(tmp_path / "a.onnx")
    for version, content in (("1", b"old"), ("2", b"new")):
        BytesDataset(filepath=path, version=Version(None, version)).save(content)

    newest = BytesDataset(filepath=path, version=Version(None, None))

    assert newest.load() == b"new"
    with pytest.raises(DatasetError):
        BytesDataset(filepath=path, version=Version("3", None)).load()
