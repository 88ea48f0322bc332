from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cbsn_pipeline.benchmarks.sidd.blocks import NUM_BLOCKS, NUM_IMAGES
from cbsn_pipeline.benchmarks.sidd.submission import OPTIONAL_FIELDS
from cbsn_pipeline.pipelines.submit_sidd.options import OptionalData, SubmitSiddOptions


def test_the_parameters_in_conf_are_the_official_sizes():
    conf = Path(__file__).resolve().parents[3] / "conf/base/parameters_submit_sidd.yml"

    options = SubmitSiddOptions(**yaml.safe_load(conf.read_text())["submit_sidd"])

    assert options == SubmitSiddOptions()
    assert (options.num_images, options.num_blocks) == (*(NUM_IMAGES, NUM_BLOCKS),)
    assert options.layouts == ("kaggle",)


def test_layouts_may_be_one_string():
    options = SubmitSiddOptions(layouts="kaggle + legacy_array")

    assert options.layouts == ("kaggle", "legacy_array")


@pytest.mark.parametrize("layouts", ["", [], "kaggle+kaggle"])
def test_no_layout_or_one_twice_is_refused(layouts):
    with pytest.raises(ValidationError, match="one or more of kaggle, legacy_cell, "):
        SubmitSiddOptions(layouts=layouts)


def test_optional_data_has_the_fields_of_matlab_and_the_machine_by_default():
    data = OptionalData(authors="Zoë").as_matlab("A GPU")

    assert tuple(data) == OPTIONAL_FIELDS
    assert data["Authors"] == "Zoë"
    assert data["MachineSpecs"] == "A GPU"
    assert OptionalData(machine_specs="").as_matlab("A GPU")["MachineSpecs"] == ""


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            {"layouts": "zip"},
            "should be 'kaggle', 'legacy_cell' or 'legacy_array'",
        ),
        ({"optional_data": {"author": "x"}}, "Extra inputs are not permitted"),
        ({"num_crops": 3}, "Extra inputs are not permitted"),
        ({"num_images": 0}, "greater than or equal to 1"),
        ({"padding": -1}, "greater than or equal to 0"),
        ({"weights": "best"}, "Input should be 'raw' or 'ema'"),
    ],
)
def test_options_that_make_no_sense_are_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        SubmitSiddOptions(**bad)
