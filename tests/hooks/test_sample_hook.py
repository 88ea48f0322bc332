from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro_datasets.json import JSONDataset

from cbsn_pipeline.hooks import SampleHook
from cbsn_pipeline.pipelines import sample
from cbsn_pipeline.pipelines.sample.options import SampleOptions

CONF = Path(__file__).resolve().parents[2] / "conf"
INGEST = Pipeline([Node(len, "noisy_images", "manifest", name="build_manifest")])


@pytest.fixture
def made(monkeypatch):
    """What a sample pipeline of one small file was made with."""
    made = []

    def make(options):
        made.append(options)
        return [1, 2, 3]

    node = Node(make, "params:sample", "sample_file", name="make_sample")
    monkeypatch.setattr(sample, "create_pipeline", lambda: Pipeline([node]))
    return made


@pytest.fixture
def catalog(tmp_path):
    file = JSONDataset(filepath=str(tmp_path / "sample.json"))
    catalog = DataCatalog({"sample_file": file})
    # as Kedro has it when only another pipeline was asked for: not checked
    catalog["params:sample"] = {"seed": "unchecked"}
    return catalog


@pytest.fixture
def hook():
    hook = SampleHook()
    loader = OmegaConfigLoader(
        CONF,
        base_env="base",
        default_run_env="sample",
        merge_strategy={"parameters": "soft"},
    )
    hook.after_context_created(SimpleNamespace(config_loader=loader))
    return hook


@pytest.mark.parametrize("environment", ["sample", None])
def test_a_missing_sample_is_made_once_before_a_run_that_reads_it(
    environment, hook, made, catalog
):
    for _ in range(2):
        hook.before_pipeline_run({"env": environment}, INGEST, catalog)

    assert len(made) == 1
    assert catalog.load("sample_file") == [1, 2, 3]


def test_the_options_are_checked_although_the_stage_was_not_asked_for(
    hook, made, catalog
):
    hook.before_pipeline_run({"env": "sample"}, INGEST, catalog)

    assert isinstance(made[0], SampleOptions)
    assert catalog.load("params:sample") == {"seed": "unchecked"}  # as it was


def test_other_environments_never_make_toy_data(hook, made, catalog):
    hook.before_pipeline_run({"env": "sidd"}, INGEST, catalog)

    assert made == []


def test_a_run_without_raw_data_does_not_make_it(hook, made, catalog):
    later = Pipeline([Node(len, "patches", "denoiser", name="train_denoiser")])

    hook.before_pipeline_run({"env": "sample"}, later, catalog)

    assert made == []


def test_the_sample_stage_itself_is_left_to_kedro(hook, made, catalog):
    hook.before_pipeline_run({"env": "sample"}, sample.create_pipeline(), catalog)

    assert made == []
