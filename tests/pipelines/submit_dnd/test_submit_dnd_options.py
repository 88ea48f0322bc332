from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cbsn_pipeline.benchmarks.dnd.boxes import CROP_SIZE, NUM_BOXES, NUM_IMAGES
from cbsn_pipeline.pipelines.submit_dnd.options import SubmitDndOptions


def test_the_parameters_in_conf_are_the_official_sizes():
    conf = Path(__file__).resolve().parents[3] / "conf/base/parameters_submit_dnd.yml"

    options = SubmitDndOptions(**yaml.safe_load(conf.read_text())["submit_dnd"])

    assert options == SubmitDndOptions()
    assert (options.num_images, options.num_boxes, options.crop_size) == (
        *(NUM_IMAGES, NUM_BOXES, CROP_SIZE),
    )


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"num_crops": 3}, "Extra inputs are not permitted"),
        ({"context": "tile"}, "Input should be 'crop' or 'image'"),
        ({"num_images": 0}, "greater than or equal to 1"),
        ({"padding": -1}, "greater than or equal to 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        SubmitDndOptions(**bad)
