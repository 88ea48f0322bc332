import pytest
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.datasets import DndFolderDataset, MatBlocksDataset
from cbsn_pipeline.hooks import RawDataHook


def chain(*names):
    return Pipeline([Node(len, name, f"{name}_out", name=name) for name in names])


@pytest.fixture
def catalog(tmp_path):
    blocks = {
        "filepath": str(tmp_path / "ValidationNoisyBlocksSrgb.mat"),
        "variable": "ValidationNoisyBlocksSrgb",
    }
    return DataCatalog(
        {
            "dnd_images": DndFolderDataset(filepath=str(tmp_path / "dnd_2017")),
            "held_out_noisy_blocks": MatBlocksDataset(**blocks, required=False),
        }
    )


def test_a_missing_raw_folder_stops_the_run_before_its_first_node(catalog):
    with pytest.raises(DatasetError, match="dnd_2017 does not exist"):
        RawDataHook().before_pipeline_run(chain("patches", "dnd_images"), catalog)


def test_a_run_that_does_not_read_it_is_left_alone(catalog):
    RawDataHook().before_pipeline_run(chain("patches"), catalog)


def test_held_out_blocks_may_be_missing(catalog):
    RawDataHook().before_pipeline_run(chain("held_out_noisy_blocks"), catalog)
