from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cbsn_pipeline.pipelines.validate.options import ValidateOptions

NAMES = ("0009_001_S6_00800_00350_3200_L", "0021_001_GP_10000_05000_5500_N")


def test_the_parameters_in_conf_are_the_defaults():
    conf = Path(__file__).resolve().parents[3] / "conf/base/parameters_validate.yml"

    options = ValidateOptions(**yaml.safe_load(conf.read_text())["validate"])

    assert options == ValidateOptions()
    assert (options.num_images, options.num_blocks, options.padding) == (40, 32, 0)


def test_the_oracle_looks_at_half_pixel_steps_up_to_six():
    sigmas = ValidateOptions().blur_sigmas

    assert len(sigmas) == 12
    assert (sigmas[0], sigmas[-1]) == (0.5, 6.0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"num_image": 3}, "Extra inputs are not permitted"),
        ({"num_images": 0}, "greater than or equal to 1"),
        ({"baselines": ["bm3d"]}, "Input should be 'non_local_means'"),
        ({"blur_sigmas": [0.0]}, "greater than 0"),
        ({"blur_sigmas": []}, "at least 1 item"),
        ({"workers": 0}, "greater than or equal to 1"),
        (
            {"num_images": 1, "image_indices": [0, 1]},
            "validate.image_indices names 2 rows, but validate.num_images is 1",
        ),
        (
            {"num_images": 1, "scene_instances": NAMES},
            "validate.scene_instances names 2 rows, but validate.num_images is 1",
        ),
        (
            {"num_images": 2, "image_indices": [0, 1], "scene_instances": NAMES},
            "both say what the rows are",
        ),
        (
            {"num_images": 2, "image_indices": [3, 3]},
            "different numbers from 0 to 39",
        ),
        (
            {"num_images": 1, "image_indices": [40]},
            r"different numbers from 0 to 39, got \[40\]",
        ),
        (
            {"num_images": 1, "scene_instances": ["holiday"]},
            "'holiday' is not a SIDD scene instance",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        ValidateOptions(**bad)


def test_options_cannot_change():
    with pytest.raises(ValidationError, match="frozen"):
        ValidateOptions().padding = 1


@pytest.mark.parametrize(
    ("given", "strides"), [(5, (5,)), ("1+2+5", (1, 2, 5)), ([1, 5], (1, 5)), ([], ())]
)
def test_strides_of_the_blind_network_fit_on_the_command_line(given, strides):
    assert ValidateOptions(blind_strides=given).blind_strides == strides


@pytest.mark.parametrize("bad", [0, "1+x", "1++5"])
def test_strides_that_are_none_are_refused(bad):
    with pytest.raises(ValidationError, match="blind_strides"):
        ValidateOptions(blind_strides=bad)
