import pytest
from kedro.io import DataCatalog, DatasetError

from cbsn_pipeline.datasets import SaveVersionDataset


def test_the_version_is_that_of_the_run():
    entry = {"type": "cbsn_pipeline.datasets.SaveVersionDataset", "versioned": True}

    catalog = DataCatalog.from_config({"run_version": entry}, save_version="2026-01")

    assert catalog.load("run_version") == "2026-01"
    assert catalog["run_version"].exists()


def test_an_entry_without_versions_is_refused():
    with pytest.raises(DatasetError, match="expected 'versioned: true' in the"):
        SaveVersionDataset().load()


def test_a_version_cannot_be_saved():
    with pytest.raises(DatasetError, match="made by Kedro: no node returns it"):
        SaveVersionDataset().save(object())
