import pytest
from kedro.io import DataCatalog, MemoryDataset

from cbsn_pipeline.hooks import ProtocolHook
from cbsn_pipeline.pipeline_registry import register_pipelines
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions

PIPELINES = register_pipelines()


def check(pipeline, scored_by):
    options = ReproduceOptions(protocol="p", trained_on="dnd", scored_by=scored_by)
    catalog = DataCatalog({"params:reproduce": MemoryDataset(options)})
    ProtocolHook().before_pipeline_run(PIPELINES[pipeline], catalog)


@pytest.mark.parametrize(
    ("pipeline", "scored_by"), [("reproduce", "blocks"), ("reproduce_dnd", "site")]
)
def test_a_protocol_in_its_pipeline_passes(pipeline, scored_by):
    check(pipeline, scored_by)


def test_a_site_cannot_score_in_the_pipeline_of_blocks():
    with pytest.raises(
        ValueError, match=r"'p' .* by the site of DND: run --pipelines=reproduce_dnd"
    ):
        check("reproduce", "site")


def test_blocks_are_not_scored_in_the_pipeline_of_a_site():
    with pytest.raises(ValueError, match=r"by us, on SIDD.*--pipelines=reproduce\."):
        check("reproduce_dnd", "blocks")


def test_other_pipelines_are_left_alone():
    ProtocolHook().before_pipeline_run(PIPELINES["train"], DataCatalog())
