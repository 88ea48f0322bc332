import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import HeldDataset


@pytest.fixture
def entry(tmp_path):
    return {"type": "text.TextDataset", "filepath": str(tmp_path / "a.txt")}


def test_the_very_object_is_handed_on_and_nothing_is_written(entry, tmp_path):
    dataset, blocks = HeldDataset(dataset=entry), object()

    dataset.save(blocks)

    assert dataset.load() is blocks
    assert dataset.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_begins_behind_the_check_reads_what_was_checked(entry, tmp_path):
    (tmp_path / "a.txt").write_text("raw")

    assert HeldDataset(dataset=entry).load() == "raw"


def test_what_was_released_is_read_again(entry, tmp_path):
    (tmp_path / "a.txt").write_text("raw")
    dataset = HeldDataset(dataset=entry)
    dataset.save("held")

    dataset.release()

    assert dataset.load() == "raw"


def test_without_a_file_there_is_nothing(entry):
    dataset = HeldDataset(dataset=entry)

    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"a\.txt"):
        dataset.load()
