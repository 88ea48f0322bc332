from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.config import OmegaConfigLoader

from cbsn_pipeline.hooks import ParametersHook
from cbsn_pipeline.settings import CONFIG_LOADER_ARGS

CONF = Path(__file__).resolve().parents[2] / "conf"


def check(given, environment=None):
    loader = OmegaConfigLoader(
        str(CONF), env=environment, runtime_params=given, **CONFIG_LOADER_ARGS
    )
    ParametersHook().after_context_created(SimpleNamespace(config_loader=loader))


def problems(given):
    with pytest.raises(ValueError, match=r"^These --params cannot be used") as error:
        check(given)
    first, *lines = str(error.value).splitlines()
    assert first.endswith("so nothing was started:")
    assert lines[-3].startswith("Stages: check_submission, compare,")
    assert lines[-2].startswith("Other values: checkpoint, clean,")
    assert lines[-1].endswith("with a comma goes into a file given by --config.")
    return lines[:-3]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"train": {"steps": 10, "network": {"channels": 8}}},
        {"photos": "/my/photos", "model": "sidd_small", "noisy_kind": "photos"},
        {"denoise": {"restitution": {"window": 33, "strength": 0.5}}},
        {"state_folder": "state_7", "path": "results.zip"},
    ],
)
def test_known_parameters_pass(given):
    check(given)


@pytest.mark.parametrize("environment", ["sidd", "photos", "sidd_small"])
def test_they_are_known_in_every_environment(environment):
    check({"student": {"generations": 1}}, environment)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"tran": {"steps": 10}}, "tran is not known; did you mean train?"),
        ({"photo": "x"}, "photo is not known; did you mean photos?"),
        ({"noisy_pth": "x"}, "noisy_pth is not known; did you mean noisy_path?"),
        ({"resume": True}, "resume is not known; did you mean train.resume?"),
        ({"b": "x"}, "b is not known."),
        (
            {"train.steps": 3},  # as a file given by --config may have it
            "train.steps is one key here: write steps below train, indented.",
        ),
        (
            {"train": {"stepz": 10}},
            "train.stepz is not an option; did you mean train.steps?",
        ),
        (
            {"train": {"network": {"chanels": 10}}},
            "train.network.chanels is not an option; did you mean "
            "train.network.channels?",
        ),
        (
            {"train": {"steps": -3}},
            "train.steps=-3: Input should be greater than or equal to 1.",
        ),
        (
            {"student": 5},
            "student=5 replaces all options of the stage student: name one of them, "
            "such as student.network=VALUE.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_the_nearest_that_is_known(given, problem):
    assert problems(given) == [f"- {problem}"]


def test_an_option_of_several_stages_is_suggested_in_each():
    [problem] = problems({"restitution": "off"})

    assert "denoise.restitution" in problem
    assert "submit_sidd.restitution" in problem


def test_all_problems_are_in_one_report():
    assert len(problems({"tran": 1, "photo": "x", "train": {"stepz": 3}})) == 3


def test_a_group_inside_a_choice_has_no_suggestion():
    found = problems({"denoise": {"restitution": {"window": 33, "strenth": 1}}})

    assert "- denoise.restitution.RestitutionSetting.strenth is not an option." in found


def test_a_value_that_the_configuration_cannot_do_without_may_be_given(tmp_path):
    for environment in ("base", "sample"):
        (tmp_path / environment).mkdir()
    text = "mine:\n  depth: ${runtime_params:depth}\n"
    (tmp_path / "base/parameters_mine.yml").write_text(text)
    loader = OmegaConfigLoader(
        str(tmp_path), runtime_params={"depth": 4}, **CONFIG_LOADER_ARGS
    )

    ParametersHook().after_context_created(SimpleNamespace(config_loader=loader))


def test_a_key_that_somebodys_own_configuration_has_is_known(tmp_path):
    for environment in ("base", "sample"):
        (tmp_path / environment).mkdir()
    (tmp_path / "base/parameters_mine.yml").write_text("mine:\n  depth: 3\n")
    loader = OmegaConfigLoader(
        str(tmp_path), runtime_params={"mine": {"depth": 4}}, **CONFIG_LOADER_ARGS
    )

    ParametersHook().after_context_created(SimpleNamespace(config_loader=loader))
