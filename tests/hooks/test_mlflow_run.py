import os
import socket
import subprocess
import sys

import pytest

from cbsn_pipeline import tracking
from cbsn_pipeline.hooks.tracking_options import TrackingOptions

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


@pytest.fixture
def mlflow_run():
    from cbsn_pipeline.hooks import mlflow_run

    return mlflow_run


def status_of(run):
    import mlflow

    return mlflow.get_run(run.info.run_id).info.status


def test_runs_go_to_a_database_and_a_folder_in_the_project(store, mlflow_run):
    import mlflow

    mlflow_run.connect(TrackingOptions(), store)

    assert mlflow.get_tracking_uri() == f"sqlite:///{store}/mlflow.db"
    assert (store / "mlflow.db").is_file()
    experiment = mlflow.get_experiment_by_name("cbsn_pipeline")
    assert experiment.artifact_location == (store / "mlartifacts").as_uri()


@pytest.mark.parametrize(
    ("configured", "address"),
    [
        (None, "sqlite:////project/mlflow.db"),
        ("sqlite:///runs.db", "sqlite:////project/runs.db"),
        ("sqlite:////data/runs.db", "sqlite:////data/runs.db"),
        ("http://tracker:5000", "http://tracker:5000"),
    ],
)
def test_an_address_is_relative_to_the_project(
    configured, address, mlflow_run, tmp_path, monkeypatch
):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    options = TrackingOptions(tracking_uri=configured)
    project = type(tmp_path)("/project")

    assert mlflow_run.tracking_address(options, project) == address


def test_the_environment_wins_over_the_configuration(mlflow_run, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://theirs")
    options = TrackingOptions(tracking_uri="http://ours")

    assert mlflow_run.tracking_address(options, tmp_path) == "http://theirs"


def test_a_server_that_does_not_answer_is_an_error_before_the_run(
    store, mlflow_run, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    options = TrackingOptions(tracking_uri="http://127.0.0.1:9")

    with pytest.raises(ValueError, match=r"MLflow at http://127.* cannot be used"):
        mlflow_run.connect(options, store)


def test_a_deleted_experiment_is_an_error_that_says_how_to_restore_it(
    store, mlflow_run
):
    import mlflow

    mlflow_run.connect(TrackingOptions(), store)
    mlflow.delete_experiment(
        mlflow.get_experiment_by_name("cbsn_pipeline").experiment_id
    )

    with pytest.raises(ValueError, match=r"was deleted at .*experiments restore -x 1"):
        mlflow_run.connect(TrackingOptions(), store)


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_run_ends_as_it_is_told(status, store, mlflow_run):
    mlflow_run.connect(TrackingOptions(), store)
    run = mlflow_run.start("name")
    assert tracking.active_run_id() == run.info.run_id
    assert status_of(run) == "RUNNING"

    mlflow_run.end(status)

    assert status_of(run) == status
    assert tracking.active_run_id() is None


def test_a_server_that_is_gone_at_the_end_is_only_a_warning(
    store, mlflow_run, monkeypatch, caplog
):
    mlflow_run.connect(TrackingOptions(), store)
    run = mlflow_run.start("name")

    def away(status):
        raise ConnectionError("gone")

    monkeypatch.setattr(mlflow_run.mlflow, "end_run", away)
    mlflow_run.end("FINISHED")

    assert f"Run {run.info.run_id} could not be ended as FINISHED: gone" in caplog.text
    monkeypatch.undo()


def test_a_resumed_run_is_the_same_run(store, mlflow_run):
    mlflow_run.connect(TrackingOptions(), store)
    first = mlflow_run.start("first")
    mlflow_run.end("KILLED")

    again = mlflow_run.start("second", first.info.run_id)

    assert again.info.run_id == first.info.run_id
    assert again.info.run_name == "first"
    assert status_of(first) == "RUNNING"


def test_a_resumed_run_has_not_failed_yet(store, mlflow_run):
    import mlflow

    mlflow_run.connect(TrackingOptions(), store)
    first = mlflow_run.start("first")
    tracking.set_tags({"error": "MemoryError: too large"})
    mlflow_run.end("FAILED")

    mlflow_run.start("second", first.info.run_id)

    assert "error" not in mlflow.MlflowClient().get_run(first.info.run_id).data.tags


def test_a_run_to_resume_that_is_unknown_becomes_a_new_one_that_says_so(
    store, mlflow_run, caplog
):
    import mlflow

    mlflow_run.connect(TrackingOptions(), store)

    run = mlflow_run.start("name", "0" * 32)

    tags = mlflow.get_run(run.info.run_id).data.tags
    assert (tags["resumed"], tags["resumed_from"]) == ("false", "0" * 32)
    assert "does not know: a new run is started" in caplog.text


def test_what_a_dead_process_left_open_is_killed_by_the_next_run(store, mlflow_run):
    import mlflow

    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()  # its number belongs to nobody now
    mlflow_run.connect(TrackingOptions(), store)
    runs = {}
    for name, host, pid in (
        ("dead", socket.gethostname(), process.pid),
        ("number given again", socket.gethostname(), os.getpid()),
        ("alive", socket.gethostname(), os.getppid()),
        ("elsewhere", "another-host", process.pid),
    ):
        runs[name] = mlflow_run.start(name)
        tracking.set_tags({"host": host, "pid": pid})
        tracking.detach()
        mlflow.tracking.fluent._active_run_stack.get().clear()  # kill -9

    mlflow_run.connect(TrackingOptions(), store)

    assert {name: status_of(run) for name, run in runs.items()} == {
        "dead": "KILLED",
        "number given again": "KILLED",
        "alive": "RUNNING",
        "elsewhere": "RUNNING",
    }


def test_a_mistyped_option_is_an_error():
    with pytest.raises(ValueError, match="tracking_url"):
        TrackingOptions(tracking_url="http://tracker")
