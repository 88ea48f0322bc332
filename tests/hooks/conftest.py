import shutil

import pytest

from cbsn_pipeline import tracking


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """An MLflow database without runs: making one takes seconds, copying it none."""
    import warnings

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own
        from mlflow import MlflowClient

        MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def store(tmp_path, empty_database, monkeypatch):
    """A project with an empty MLflow store; the one before is put back."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    shutil.copy(empty_database, tmp_path / "mlflow.db")
    yield tmp_path
    tracking.detach()
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)
    # it remembers the experiment of the last run, which is in a store that is gone
    mlflow.tracking.fluent._active_experiment_id = None
