import logging

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro.validation.type_extractor import TypeExtractor
from kedro_datasets.pandas import CSVDataset

from cbsn_pipeline.pipelines.validate import create_pipeline
from cbsn_pipeline.pipelines.validate.options import ValidateOptions


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"validate": ValidateOptions}
    assert not caplog.records


def test_the_table_is_the_last_thing_that_happens():
    assert create_pipeline().nodes[-1].name == "report_scores"


@pytest.fixture
def run(make_set, denoiser, tmp_path):
    noisy, clean = make_set()
    baselines = ("gaussian_blur_2", "gaussian_blur_oracle")
    options = ValidateOptions(
        num_images=2, num_blocks=2, baselines=baselines, blur_sigmas=(2.0, 3.0)
    )
    tables = ("block_scores", "image_scores", "camera_scores", "score_table")
    catalog = DataCatalog(
        {
            "validation_noisy_blocks": MemoryDataset(noisy),
            "validation_clean_blocks": MemoryDataset(clean),
            "denoiser": MemoryDataset(denoiser, copy_mode="assign"),
            "params:validate": MemoryDataset(options, copy_mode="assign"),
            **{
                name: CSVDataset(
                    filepath=(tmp_path / f"{name}.csv").as_posix(),
                    save_args={"index": False},
                )
                for name in tables
            },
        }
    )
    SequentialRunner().run(create_pipeline(), catalog)
    return tmp_path


def test_the_stage_runs_through_its_files(run):
    table = pd.read_csv(run / "score_table.csv").set_index("method")
    blocks = pd.read_csv(run / "block_scores.csv")

    assert len(blocks) == 5 * 4
    assert table.loc["denoised", "psnr_db"] > table.loc["noisy", "psnr_db"] + 5
    assert (
        table.loc["gaussian_blur_oracle", "psnr_db"]
        >= (table.loc["gaussian_blur_2", "psnr_db"])
    )
    assert set(pd.read_csv(run / "camera_scores.csv")["order"]) == {"unknown"}
