"""The sample pipeline, run through its catalog into files that readers accept."""

import hashlib
from pathlib import Path
from typing import get_type_hints

import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from cbsn_pipeline.datasets import (
    DndFolderDataset,
    MatBlocksDataset,
    NoisyImagesDataset,
)
from cbsn_pipeline.pipelines.sample import create_pipeline
from cbsn_pipeline.pipelines.sample.nodes import make_sample
from cbsn_pipeline.pipelines.sample.options import SampleOptions

CATALOG = Path(__file__).resolve().parents[3] / "conf/sample/catalog_sample.yml"


def run(options, root: Path) -> DataCatalog:
    """Run with the catalog of conf/sample, its paths below ``root``."""
    entries = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))
    for entry in entries.values():
        entry["filepath"] = str(root / entry["filepath"])
    catalog = DataCatalog.from_config(entries)
    catalog["params:sample"] = MemoryDataset(options)
    assert not any(catalog[name].exists() for name in create_pipeline().outputs())
    SequentialRunner().run(create_pipeline(), catalog)
    return catalog


def hashes(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_two_runs_write_the_same_bytes_and_every_file_reads_back(small, tmp_path):
    catalog = run(small, tmp_path / "one")
    run(small, tmp_path / "two")

    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert all(catalog[name].exists() for name in create_pipeline().outputs())

    raw = tmp_path / "one" / "data" / "01_raw" / "sample"
    medium = str(raw / "sidd" / "SIDD_Medium_Srgb")
    assert len(NoisyImagesDataset(kind="sidd_medium", filepath=medium).load()) == 2
    for stem in ("ValidationNoisy", "ValidationGt", "BenchmarkNoisy"):
        name = f"{stem}BlocksSrgb"
        path = str(raw / "sidd" / f"{name}.mat")
        blocks = MatBlocksDataset(filepath=path, variable=name).load()
        assert blocks.shape == (1, 2, 256, 256, 3)
    folder = DndFolderDataset(filepath=str(raw / "dnd_2017")).load()
    folder.check_images()
    assert folder.crop(folder.read(0), 0, 1).shape == (64, 64, 3)


def test_kedro_can_read_the_type_of_the_options():
    # Otherwise it hands over a dictionary, with only a line in the log.
    assert get_type_hints(make_sample)["options"] is SampleOptions


def test_the_catalog_names_what_the_pipeline_makes():
    entries = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))

    assert set(entries) == create_pipeline().outputs()
    for entry in entries.values():
        assert entry["metadata"]["kedro-viz"]["layer"] == "raw"


@pytest.mark.slow
def test_the_whole_sample_is_small(options, tmp_path):
    run(options, tmp_path)

    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert size < 60e6
