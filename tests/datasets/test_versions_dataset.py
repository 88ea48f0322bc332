import pickle

import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import VersionsDataset

OLD, NEW = "2026-01-02T03.04.05.678Z", "2026-01-03T00.00.00.000Z"


@pytest.fixture
def entry(tmp_path):
    """The entry of a dataset with two versions, the second of them damaged."""
    file = tmp_path / "card.json"
    for version, text in ((NEW, "{"), (OLD, '{"seed": 1}')):
        (file / version).mkdir(parents=True)
        (file / version / file.name).write_text(text)
    return {"type": "json.JSONDataset", "filepath": str(file), "versioned": True}


def test_versions_come_in_the_order_of_their_times_and_can_be_read(entry, tmp_path):
    dataset = VersionsDataset(dataset=entry)

    old, new = dataset.load()

    assert (old.version, new.version) == (OLD, NEW)
    assert new.path == tmp_path / "card.json" / NEW / "card.json"
    for _ in range(2):
        assert old.load() == {"seed": 1}
    with pytest.raises(DatasetError):
        new.load()


def test_a_dataset_that_was_never_saved_has_no_versions(entry, tmp_path):
    entry["filepath"] = str(tmp_path / "none.json")
    dataset = VersionsDataset(dataset=entry)

    assert dataset.load() == []
    assert not dataset.exists()


def test_versions_are_not_saved_together(entry):
    with pytest.raises(DatasetError, match="saved one by one"):
        VersionsDataset(dataset=entry).save([])


def test_it_can_be_sent_to_another_process(entry):
    dataset = pickle.loads(pickle.dumps(VersionsDataset(dataset=entry)))

    assert dataset.load()[0].load() == {"seed": 1}
