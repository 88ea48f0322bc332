import pytest
from kedro.io import DataCatalog, MemoryDataset

from cbsn_pipeline.hooks import InputsHook
from cbsn_pipeline.pipeline_registry import register_pipelines

VALIDATE = register_pipelines()["validate"]


@pytest.fixture
def catalog():
    return DataCatalog(
        {
            "denoised_blocks": MemoryDataset(),
            "oracle_blur": MemoryDataset({}),
            "session": MemoryDataset(),
        }
    )


def check(pipeline, catalog):
    InputsHook().before_pipeline_run(pipeline, catalog)


def test_a_node_is_told_which_one_it_runs_together_with(catalog):
    with pytest.raises(
        ValueError,
        match=r"denoised_blocks would be taken from memory.* together, "
        r"--nodes=denoise_blocks,score_blocks$",
    ):
        check(VALIDATE.only_nodes("score_blocks"), catalog)


def test_together_they_run(catalog):
    check(VALIDATE.only_nodes("denoise_blocks", "score_blocks"), catalog)
    check(VALIDATE, catalog)


def test_what_a_notebook_has_put_there_is_taken(catalog):
    catalog.save("denoised_blocks", {})

    check(VALIDATE.only_nodes("score_blocks"), catalog)


def test_what_a_hook_gives_is_not_missed(catalog):
    reproduce = register_pipelines()["reproduce"]

    check(reproduce.only_nodes("train_other_seeds"), catalog)
