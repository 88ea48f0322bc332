"""Opens and closes runs of MLflow; importing it costs seconds."""

import logging
import os
import socket
from pathlib import Path

import mlflow
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from cbsn_pipeline import tracking
from cbsn_pipeline.hooks.tracking_options import TrackingOptions
from cbsn_pipeline.processes import is_alive

logger = logging.getLogger(__name__)

# The browser opens the page of trainings, not that of language models.
EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}


def connect(options: TrackingOptions, project: Path) -> None:
    """Choose the tracking address and the experiment; close what the dead left open.

    Raises:
        ValueError: The address does not answer, or the experiment was deleted there.
    """
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    address = tracking_address(options, project)
    mlflow.set_tracking_uri(address)
    try:
        experiment_id = _experiment_id(options.experiment, address, project)
        mlflow.set_experiment(experiment_id=experiment_id)
        _close_runs_of_dead_processes(experiment_id)
    except MlflowException as error:
        raise ValueError(
            f"MLflow at {address} cannot be used: {error}. Is the tracking server up, "
            "and is its address in conf/base/mlflow.yml (or MLFLOW_TRACKING_URI) "
            "right? 'enabled: false' there runs without tracking."
        ) from error


def tracking_address(options: TrackingOptions, project: Path) -> str:
    """Where runs go: the environment, else the configuration, else the project.

    A relative database file is meant relative to the project, not to the folder that
    the command was given in.
    """
    address = os.environ.get("MLFLOW_TRACKING_URI") or options.tracking_uri
    if not address:
        return f"sqlite:///{project / 'mlflow.db'}"
    scheme, separator, file = address.partition("sqlite:///")
    if separator and not scheme and not Path(file).is_absolute():
        return f"sqlite:///{project / file}"
    return address


def start(name: str, resumed_run_id: str | None = None) -> Run:
    """Start a run, or reopen ``resumed_run_id``; nodes log to it from now on."""
    reopened = resumed_run_id is not None and _exists(resumed_run_id)
    if resumed_run_id and not reopened:
        logger.warning(
            "The training to resume was tracked as run %s, which %s does not know: "
            "a new run is started.",
            resumed_run_id,
            mlflow.get_tracking_uri(),
        )
    run = mlflow.start_run(
        run_id=resumed_run_id if reopened else None,
        run_name=None if reopened else name,
        nested=mlflow.active_run() is not None,  # somebody's notebook has one open
    )
    tracking.attach(run.info.run_id, mlflow.MlflowClient())
    tracking.set_tags({"resumed": str(reopened).lower()})
    if "error" in run.data.tags:  # of the session before
        mlflow.delete_tag("error")
    if resumed_run_id and not reopened:
        tracking.set_tags({"resumed_from": resumed_run_id})
    logger.info("Tracked by MLflow as run %s (%s).", run.info.run_name, run.info.run_id)
    return run


def end(status: str) -> None:
    """End the run as ``FINISHED``, ``FAILED`` or ``KILLED``.

    Never raises: the results of the run are on the disk, whatever MLflow says.
    """
    run_id = tracking.active_run_id()
    tracking.detach()
    try:
        mlflow.end_run(status)
    except Exception as error:  # noqa: BLE001 - whatever a server may raise
        logger.warning("Run %s could not be ended as %s: %s", run_id, status, error)


def _experiment_id(name: str, address: str, project: Path) -> str:
    experiment = mlflow.get_experiment_by_name(name)
    if experiment is None:
        # A database needs to be told where files go; a server knows.
        local = address.startswith("sqlite:")
        place = (project / "mlartifacts").as_uri() if local else None
        created: str = mlflow.create_experiment(
            name, artifact_location=place, tags=EXPERIMENT_TAGS
        )
        return created
    if experiment.lifecycle_stage == "deleted":
        raise ValueError(
            f"The MLflow experiment {name!r} was deleted at {address}. Restore it "
            f"(mlflow experiments restore -x {experiment.experiment_id}) or give "
            "another name in conf/base/mlflow.yml."
        )
    found: str = experiment.experiment_id
    return found


def _exists(run_id: str) -> bool:
    try:
        run = mlflow.get_run(run_id)
    except MlflowException:
        return False
    return bool(run.info.lifecycle_stage == "active")


def _close_runs_of_dead_processes(experiment_id: str) -> None:
    """Call KILLED what a kill -9 left RUNNING on this host."""
    client = mlflow.MlflowClient()
    host = socket.gethostname()
    query = f"attributes.status = 'RUNNING' and tags.host = '{host}'"
    for run in client.search_runs([experiment_id], query, max_results=100):
        pid = int(run.data.tags.get("pid", "0"))
        # our own number: a container gives the same one again and again, and a run
        # of this very process was ended before
        if pid == os.getpid() or not is_alive(pid):
            client.set_terminated(run.info.run_id, "KILLED")
            logger.info("Run %s had died: now KILLED.", run.info.run_name)
