"""The catalog says what MLflow gets; the type of the data says how."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from cbsn_pipeline import tracking
from cbsn_pipeline.hooks.logged_datasets import log_saved

matplotlib.use("Agg")

IMAGE = np.zeros((2, 2, 3), np.uint8)
LOGGERS = (
    *("log_figure", "log_image", "log_text", "log_table", "log_dict"),
    *("log_metrics", "set_tags"),
)


@pytest.fixture
def calls(monkeypatch):
    """Every call of tracking: its name and its arguments."""
    made = []
    for logger in LOGGERS:
        monkeypatch.setattr(
            tracking, logger, lambda *args, logger=logger: made.append((logger, *args))
        )
    return made


@pytest.mark.parametrize(
    ("data", "logger"),
    [
        (Figure(), "log_figure"),
        (IMAGE, "log_image"),
        ("text", "log_text"),
        (pd.DataFrame({"a": [1]}), "log_table"),
        ({"a": 1, "b": "two"}, "log_dict"),
        ({}, "log_dict"),
    ],
)
def test_an_artifact_is_logged_by_its_type(calls, data, logger):
    log_saved("report", {"mlflow": "stage/report"}, data)
    [(made, path, logged)] = calls
    assert (made, path) == (logger, "stage/report")
    assert logged is data


def test_pictures_by_name_are_logged_one_by_one(calls):
    figure = Figure()
    log_saved("plots", {"mlflow": "stage"}, {"best": IMAGE, "curve": figure})
    assert [(c[0], c[1]) for c in calls] == [
        ("log_image", "stage/best"),
        ("log_figure", "stage/curve"),
    ]


def test_numbers_become_metrics_and_labels_become_tags(calls):
    metrics = {"a": 1, "b": float("nan"), "c": np.float32(0.5)}
    log_saved("m", {"mlflow": "metrics"}, metrics)
    log_saved("t", {"mlflow": "tags"}, {"device": "cpu"})
    assert calls == [("log_metrics", metrics), ("set_tags", {"device": "cpu"})]


@pytest.mark.parametrize("metadata", [None, {}, {"kedro-viz": {"layer": "raw"}}])
def test_nothing_is_logged_unless_the_catalog_asks(calls, metadata):
    log_saved("report", metadata, object())
    assert calls == []


@pytest.mark.parametrize(
    ("target", "data", "message"),
    [
        ("a.json", [1], "sends report to MLflow as a.json, but it is a list"),
        ("metrics", {"a": "b"}, "'a' is a str: expected numbers"),
        ("metrics", 1.0, "as metrics, but it is a float: expected a mapping"),
        ("tags", "x", "as tags, but it is a str"),
    ],
)
def test_what_mlflow_has_no_place_for_is_refused(calls, target, data, message):
    with pytest.raises(TypeError, match=message):
        log_saved("report", {"mlflow": target}, data)
    assert calls == []
