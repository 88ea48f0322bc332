import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel

from cbsn_pipeline import tracking
from cbsn_pipeline.hooks.run_parameters import log_parameters, parameters_of


class Network(BaseModel):
    channels: int = 128


class Options(BaseModel):
    steps: int
    resume: bool = False
    network: Network = Network()
    sigmas: tuple[float, ...] = (0.5, 1.0)


@pytest.fixture
def sent(monkeypatch):
    """What would go to MLflow."""
    sent = {"params": {}, "tags": {}}
    monkeypatch.setattr(tracking, "log_params", sent["params"].update)
    monkeypatch.setattr(tracking, "set_tags", sent["tags"].update)
    return sent


def parameters(**options):
    catalog = DataCatalog()
    for name, value in options.items():
        catalog[f"params:{name}"] = value
    nodes = [
        Node(lambda o: o, f"params:{name}", name, name=name)
        for name in options
        if name != "unused"
    ]
    return parameters_of(Pipeline(nodes), catalog)


def test_options_are_flattened_with_their_defaults():
    assert parameters(validate=Options(steps=3)) == {
        "validate.steps": "3",
        "validate.resume": "False",
        "validate.network.channels": "128",
        "validate.sigmas": "[0.5, 1.0]",
    }


def test_only_options_of_stages_that_run_are_logged():
    assert set(parameters(train={"steps": 1}, unused={"steps": 2})) == {"train.steps"}


def test_to_resume_is_not_something_that_was_tried():
    assert "train.resume" not in parameters(train=Options(steps=3))


def test_an_empty_mapping_is_a_value():
    assert parameters(train={"extra": {}}) == {"train.extra": "{}"}


def test_a_new_run_gets_every_parameter(sent):
    log_parameters({"train.steps": "3"}, {})

    assert sent == {"params": {"train.steps": "3"}, "tags": {}}


def test_a_changed_parameter_of_a_resumed_run_is_a_warning_and_a_tag(sent, caplog):
    before = {"train.steps": "3", "train.seed": "0"}

    log_parameters({"train.steps": "9", "train.seed": "0", "new": "1"}, before)

    assert sent["params"] == {"new": "1"}
    assert sent["tags"] == {"param_drift": "train.steps: 3 -> 9"}
    assert "train.steps was 3 when this run began and is 9 now." in caplog.text
