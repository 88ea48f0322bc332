from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cbsn_pipeline.challenges import dnd
from cbsn_pipeline.pipelines.submit.options import SubmitOptions


def test_the_parameters_in_conf_are_the_official_sizes():
    conf = Path(__file__).resolve().parents[3] / "conf/base/parameters_submit.yml"

    options = SubmitOptions(**yaml.safe_load(conf.read_text())["submit"])

    assert options == SubmitOptions()
    assert (options.num_images, options.num_boxes, options.crop_size) == (
        *(dnd.NUM_IMAGES, dnd.NUM_BOXES, dnd.CROP_SIZE),
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
        SubmitOptions(**bad)
