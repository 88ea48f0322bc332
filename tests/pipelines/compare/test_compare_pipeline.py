import logging

import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro.validation.type_extractor import TypeExtractor
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.pandas import CSVDataset
from kedro_datasets.text import TextDataset

from cbsn_pipeline.pipelines.compare import create_pipeline, nodes
from cbsn_pipeline.pipelines.compare.options import CompareOptions


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"compare": CompareOptions}
    assert not caplog.records


def test_the_table_is_the_last_thing_that_happens():
    assert create_pipeline().nodes[-1].name == "report_comparison"


@pytest.fixture
def run(validated, blocks, project, tmp_path):
    """Run the stage on two validated runs; by path, as on the command line."""
    first, second = validated("A", 0), validated("B", 1)

    def run(**changes):
        options = CompareOptions(
            runs=f"{first.entry}+{second.entry}", resamples=200, panels=1, **changes
        )
        catalog = DataCatalog(
            {
                "configuration": MemoryDataset(project / "conf", copy_mode="assign"),
                "held_out_noisy_blocks": MemoryDataset(blocks[0]),
                "held_out_clean_blocks": MemoryDataset(blocks[1]),
                "params:compare": MemoryDataset(options, copy_mode="assign"),
                "comparison": CSVDataset(
                    filepath=(tmp_path / "comparison.csv").as_posix(),
                    save_args={"index": False},
                ),
                "comparison_markdown": TextDataset(
                    filepath=(tmp_path / "comparison.md").as_posix()
                ),
                "comparison_latex": TextDataset(
                    filepath=(tmp_path / "comparison.tex").as_posix()
                ),
                "comparison_panels": MatplotlibDataset(
                    filepath=(tmp_path / "panels.png").as_posix()
                ),
            }
        )
        return tmp_path, SequentialRunner().run(create_pipeline(), catalog)

    return run


def test_the_stage_runs_through_its_files(run, capsys):
    folder, _ = run()

    table = pd.read_csv(folder / "comparison.csv")
    assert table["pair"].tolist() == ["B-A"] * 5
    luma = table.set_index("metric").loc["ssim_luma"]
    assert luma["difference"] == pytest.approx(0.01)
    assert (luma["won"], luma["num_blocks"], luma["num_images"]) == (1.0, 6, 2)
    assert (folder / "comparison.md").read_text().startswith(r"- A: scores\_A (from ")
    assert r"\toprule" in (folder / "comparison.tex").read_text()
    assert (folder / "panels.png").stat().st_size > 1000
    assert "B against A, 6 blocks of 2 images" in capsys.readouterr().out


def test_why_panels_are_missing_is_said_everywhere_but_in_the_paper(
    run, capsys, caplog
):
    folder, _ = run()  # by path, and nothing beside the scores names the denoisers

    expected = "No panels of A: no score_summary.json beside"
    assert expected in capsys.readouterr().out
    assert expected in caplog.text
    assert expected in (folder / "comparison.md").read_text().replace("\\", "")
    assert "panels" not in (folder / "comparison.tex").read_text()


def test_numbers_become_metrics_and_the_runs_a_tag(run):
    _, results = run()

    metrics = results["comparison_metrics"].load()
    tags = results["comparison_tags"].load()
    assert metrics["compare/B-A/ssim_luma/difference"] == pytest.approx(0.01)
    assert metrics["compare/B-A/ssim_luma/won"] == 1.0
    assert {name.split("/")[-1] for name in metrics} == {
        *("difference", "blocks_low", "blocks_high", "images_low", "images_high"),
        *("p_blocks", "p_images", "won"),
    }
    assert tags["compared_runs"].count("block_scores.csv") == 2


def test_what_is_not_known_is_no_metric():
    nothing = float("nan")
    known = dict.fromkeys(
        ("difference", "blocks_low", "blocks_high", "p_blocks", "won"), 1.0
    )
    unknown = dict.fromkeys(("images_low", "images_high", "p_images"), nothing)
    table = pd.DataFrame([{"pair": "B-A", "metric": "psnr_db", **known, **unknown}])

    assert set(nodes.name_metrics(table)) == {
        f"compare/B-A/psnr_db/{name}" for name in known
    }
