import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.hooks import session_hook
from cbsn_pipeline.hooks.session_hook import SessionHook
from cbsn_pipeline.session import PARENT_PROCESS, Session


@pytest.fixture(autouse=True)
def watched(monkeypatch):
    """Which process this one was told to end with."""
    watched = []
    monkeypatch.delenv(PARENT_PROCESS, raising=False)
    monkeypatch.setattr(session_hook, "end_with_parent", watched.append)
    return watched


def run(name, **params):
    catalog = DataCatalog({"session": MemoryDataset()})
    pipeline = Pipeline([Node(lambda session: session, name, "out", name="node")])
    run_params = {"env": "blocks", "runtime_params": {"train": {"seed": 1}}} | params
    SessionHook().before_pipeline_run(run_params, pipeline, catalog)
    return catalog


def test_a_pipeline_that_asks_is_told_what_the_run_was_asked_for(watched):
    assert run("session").load("session") == Session("blocks", {"train": {"seed": 1}})
    assert not watched


def test_a_run_without_parameters_has_none():
    catalog = run("session", env=None, runtime_params=None)

    assert catalog.load("session") == Session(None, {})


def test_the_runs_it_starts_are_shown_below_its_own(monkeypatch):
    monkeypatch.setattr(session_hook.tracking, "active_run_id", lambda: "abc")

    assert run("session").load("session").tracked_run == "abc"


def test_other_pipelines_are_left_alone():
    assert not run("other").exists("session")


def test_a_run_that_was_started_by_another_ends_with_it(monkeypatch, watched):
    monkeypatch.setenv(PARENT_PROCESS, "4711")

    run("other")

    assert watched == [4711]
