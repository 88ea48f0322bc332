import json
import logging

import pytest
from kedro.io import DataCatalog, MemoryDataset, Version
from kedro.runner import SequentialRunner
from kedro.validation.type_extractor import TypeExtractor
from kedro_datasets.json import JSONDataset
from kedro_datasets.text import TextDataset

from cbsn_pipeline.datasets import VersionsDataset
from cbsn_pipeline.findings import FindingsError
from cbsn_pipeline.pipelines.check_submission import create_pipeline
from cbsn_pipeline.pipelines.check_submission.options import CheckSubmissionOptions

OPTIONS = {
    "num_images": 3,
    "num_blocks": 4,
    "dnd_num_images": 3,
    "dnd_num_boxes": 4,
    "dnd_crop_size": 64,
}


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"check_submission": CheckSubmissionOptions}
    assert not caplog.records


@pytest.fixture
def run(paths, tmp_path):
    """Run the stage with versioned reports."""
    folder = tmp_path / "reports" / "submission_check.md"

    def run(path):
        version = Version(None, "2026-01-01T00.00.00.000Z")
        catalog = DataCatalog(
            {
                "submission_to_check": MemoryDataset(paths(path)),
                "params:check_submission": MemoryDataset(
                    CheckSubmissionOptions(**OPTIONS), copy_mode="assign"
                ),
                "submission_check": JSONDataset(
                    filepath=str(folder.with_suffix(".json")), version=version
                ),
                "submission_check_markdown": TextDataset(
                    filepath=str(folder), version=version
                ),
                "submission_checks": VersionsDataset(
                    dataset={
                        "type": "text.TextDataset",
                        "filepath": str(folder),
                        "versioned": True,
                    }
                ),
            }
        )
        SequentialRunner().run(create_pipeline(), catalog)

    return run


def saved(tmp_path, kind):
    (file,) = tmp_path.glob(f"reports/submission_check.{kind}/*/*")
    return file.read_text()


def test_a_right_submission_ends_well(run, kit, tmp_path, capsys):
    run(kit.csv())

    assert "Nothing wrong found (0 errors, 0 warnings)." in capsys.readouterr().out
    assert json.loads(saved(tmp_path, "json"))["verdict"] == "nothing wrong found"


def test_errors_end_the_run_after_the_report_is_saved(run, kit, tmp_path, capsys):
    with pytest.raises(FindingsError, match=r"header_missing|the first line is a b"):
        run(kit.csv(header=None))

    assert "header_missing" in capsys.readouterr().out
    assert json.loads(saved(tmp_path, "json"))["num_errors"] == 1
    assert "`header_missing`" in saved(tmp_path, "md")


def test_the_error_names_the_saved_report(run, kit):
    with pytest.raises(
        FindingsError, match=r"reports/submission_check\.md/2026-01-01T"
    ):
        run(kit.csv(header=None))


def test_warnings_do_not_end_the_run(run, kit, capsys):
    import numpy as np

    run(kit.blocks(np.clip(kit.flat.astype(int) + 20, 0, 255).astype(np.uint8)))

    assert "Warnings: look before you upload" in capsys.readouterr().out


def test_sizes_must_be_positive():
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        CheckSubmissionOptions(num_images=0)
