import pytest
import yaml
from pydantic import ValidationError

from cbsn_pipeline.training.options import TrainOptions


def test_the_defaults_are_the_released_training():
    options = TrainOptions()

    assert (options.steps, options.batch_size, options.crop_size) == (500_000, 4, 120)
    assert (options.blind_stride, options.invariance_stride) == (5, 2)
    assert (options.learning_rate, options.halving_steps) == (1e-4, 100_000)
    assert (options.invariance_weight, options.ramp_steps) == (2.0, 200_000)
    assert (options.network.channels, options.network.blocks) == (128, 9)


def test_the_parameter_file_says_the_same_as_the_defaults(pytestconfig):
    path = pytestconfig.rootpath / "conf" / "base" / "parameters_train.yml"
    parameters = yaml.safe_load(path.read_text(encoding="utf-8"))["train"]

    assert TrainOptions(**parameters) == TrainOptions()
    assert set(parameters) == set(TrainOptions.model_fields)


@pytest.mark.parametrize(
    ("crop", "name"), [(118, "blind_stride 5"), (15, "invariance_stride 2")]
)
def test_a_crop_that_is_no_multiple_of_both_strides_is_refused(crop, name):
    with pytest.raises(
        ValidationError, match=f"crop_size {crop} is not a multiple of {name}"
    ):
        TrainOptions(crop_size=crop)


@pytest.mark.parametrize(
    "mistake",
    [
        {"epochs": 3},
        {"steps": 0},
        {"learning_rate": 0},
        {"precision": "float16"},
        {"network": {"width": 8}},
        {"learning_rate": "fast"},
    ],
)
def test_mistyped_options_are_refused(mistake):
    with pytest.raises(ValidationError):
        TrainOptions(**mistake)


def test_a_longer_training_may_resume_but_not_under_a_cosine():
    assert "steps" not in TrainOptions().resumable()
    assert "steps" in TrainOptions(learning_rate_decay="cosine").resumable()
