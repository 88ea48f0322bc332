from types import SimpleNamespace

import pytest
from kedro.io import DataCatalog, MemoryDataset, SharedMemoryDataCatalog

from cbsn_pipeline.hooks import RunnerHook
from cbsn_pipeline.pipeline_registry import register_pipelines


def check(pipeline, catalog, *, enabled):
    hook = RunnerHook()
    loader = {"mlflow": {"enabled": enabled}}
    hook.after_context_created(SimpleNamespace(config_loader=loader))
    hook.before_pipeline_run(register_pipelines()[pipeline], catalog)


def test_a_tracked_run_refuses_processes_that_do_not_track():
    with pytest.raises(
        ValueError, match=r"MLflow run: use --runner=ThreadRunner, or no --runner"
    ):
        check("ingest", SharedMemoryDataCatalog(), enabled=True)


def test_blocks_are_not_sent_from_process_to_process():
    catalog = SharedMemoryDataCatalog({"denoised_blocks": MemoryDataset()})

    with pytest.raises(ValueError, match="and denoised_blocks would have to go from"):
        check("validate", catalog, enabled=False)


def test_what_goes_by_files_may_run_in_processes():
    check("ingest", SharedMemoryDataCatalog(), enabled=False)


def test_other_runners_are_left_alone():
    catalog = DataCatalog({"denoised_blocks": MemoryDataset()})

    check("validate", catalog, enabled=True)
