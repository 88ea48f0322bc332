"""A copy of the project's configuration to run Kedro in: nothing else is touched."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEDRO = (
    # a shell without job control starts its children deaf to Ctrl-C
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from kedro.framework.cli import main; main()"
)
# A few steps of a tiny network: what is tested is not how well it denoises.
TINY = {
    "network": {"channels": 8, "blocks": 1},
    "steps": 4,
    "batch_size": 1,
    "crop_size": 40,
    "ramp_steps": 2,
    "learning_rate_decay": "halving",  # under a cosine, steps could not be changed
    "log_every": 2,
    "validate_every": 4,
    "save_every": 2,
    "validation_blocks": 2,
    "validation_images": 1,
}


@pytest.fixture(scope="module")
def tiny():
    """Options of the train stage for a training of a second."""
    return TINY


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with our configuration and without any data."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "conf", project / "conf")
    # trainings of seconds have no student, but where a test asks for one
    (project / "conf/sample/parameters_student.yml").unlink()
    shutil.copy(ROOT / "pyproject.toml", project)
    shutil.copy(ROOT / ".telemetry", project)
    (project / "src").mkdir()  # Kedro wants one; the package is the installed one
    return project


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment variables of a run: one thread, our own store, no colours."""
    import os

    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")},
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "COLUMNS": "200",
    }


@pytest.fixture(scope="module")
def kedro(project, environment):
    """Start a Kedro command in the project."""

    def start(*arguments, before=""):
        """``before``: Python to run in the process first, to arrange an accident."""
        return subprocess.Popen(
            [sys.executable, "-c", before + KEDRO, *arguments],
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # some commands leave children behind
        )

    return start


@pytest.fixture(scope="module")
def tracked(project):
    """The MLflow runs of the project, oldest first."""

    def runs():
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
        experiment = client.get_experiment_by_name("cbsn_pipeline")
        return client.search_runs(
            [experiment.experiment_id], order_by=["attributes.start_time"]
        )

    return runs
