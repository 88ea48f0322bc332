"""Several Kedro sessions in one process, on the sample, and what they leave."""

import json
import subprocess
import sys

import pandas as pd
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SESSIONS = """
import json, sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

project, tiny = Path(sys.argv[1]), json.loads(sys.argv[2])
bootstrap_project(project)

def run(pipelines, seed=0, versions=None, **parameters):
    parameters = {"train": {**tiny, "seed": seed}, **parameters}
    with KedroSession.create(project, runtime_params=parameters) as session:
        try:
            session.run(pipeline_names=pipelines, load_versions=versions)
        except Exception as error:
            print("failed:", error)
        return session.session_id

first = run(["train", "validate"], seed=1)
second = run(["train", "validate"], seed=2)
again = run(["validate"], versions={"denoiser": first})
failed = run(["validate"], validate={"num_blocks": 3})
student = run(["student"], student={"generations": 1, "steps": 3, "crop_size": 32})
run(["ingest"], noisy_path="data/nowhere")  # before anything ran: nothing to track
print(json.dumps([first, second, again, failed, student]))
"""


@pytest.fixture(scope="module")
def history(project, environment, tiny, tracked):
    """Session ids and MLflow runs of the sessions, by name."""
    process = subprocess.run(
        [sys.executable, "-c", SESSIONS, str(project), json.dumps(tiny)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    sessions = json.loads(process.stdout.splitlines()[-1])
    runs = {run.info.run_name: run for run in tracked()}
    by_session = []
    for session in sessions:
        named = [run for name, run in runs.items() if name.endswith(session)]
        assert len(named) == 1, (session, sorted(runs), process.stdout, process.stderr)
        by_session += named
    names = ["first", "second", "again", "failed", "student"]
    return (
        dict(zip(names, sessions, strict=True)),
        dict(zip(names, by_session, strict=True)),
    )


def scores(project, session):
    path = project / "data/08_reporting/sample/score_table.csv"
    return pd.read_csv(path / session / path.name)


def test_every_session_is_a_run_of_its_own_with_a_true_status(history):
    _, runs = history

    assert {name: run.info.status for name, run in runs.items()} == {
        "first": "FINISHED",
        "second": "FINISHED",
        "again": "FINISHED",
        "failed": "FAILED",
        "student": "FINISHED",
    }
    assert len({run.info.run_id for run in runs.values()}) == 5


def test_a_failed_run_says_why(history):
    _, runs = history

    assert "(4, 3, 256, 256, 3)" in runs["failed"].data.tags["error"]


def test_a_run_whose_raw_data_is_missing_is_none(history, tracked):
    assert not [run for run in tracked() if "ingest" in run.info.run_name]


def test_two_runs_can_be_compared(history):
    _, runs = history
    first, second = runs["first"].data, runs["second"].data

    assert first.metrics.keys() == second.metrics.keys()
    assert {"validation/denoised/psnr_db", "train/loss_total"} <= first.metrics.keys()
    assert [n for n in first.params if first.params[n] != second.params[n]] == [
        "train.seed"
    ]
    assert first.tags["data_digest"] == second.tags["data_digest"]


def test_a_student_learns_from_the_newest_cbsn_and_becomes_the_denoiser(
    history, project
):
    from cbsn_pipeline.cbsn import Denoiser, UNet

    sessions, runs = history
    path = project / "data/06_models/sample/denoiser.safetensors"

    denoiser = Denoiser.load(path / sessions["student"] / path.name)

    assert isinstance(denoiser.net, UNet)
    assert denoiser.provenance.options["seed"] == 2  # of the teacher
    assert runs["student"].data.metrics.keys() >= {"student/loss"}
    assert runs["student"].data.params["student.steps"] == "3"


def test_only_the_options_of_the_stages_that_ran_are_parameters(history):
    _, runs = history

    stages = {name.split(".")[0] for name in runs["again"].data.params}
    assert stages == {"validate"}


def test_a_run_names_its_data_also_when_it_only_validates(history):
    _, runs = history
    digest = runs["first"].data.tags["data_digest"]

    for name in ("first", "again"):
        run = runs[name]
        (data,) = run.inputs.dataset_inputs
        assert (data.dataset.name, data.dataset.digest) == ("sidd_medium", digest[:36])
        assert run.data.tags["data_digest"] == digest


def test_the_versions_to_repeat_a_run_from_are_in_a_tag(history):
    sessions, runs = history
    first = sessions["first"]

    assert runs["first"].data.tags["load_versions"] == (
        f"denoiser:{first},manifest:{first}"
    )
    assert runs["again"].data.tags["load_versions"] == f"denoiser:{first}"
    assert f"score_table:{sessions['again']}" in runs["again"].data.tags["versions"]


def test_load_versions_gives_the_scores_of_the_old_run_again(history, project):
    sessions, _ = history
    first, second, again = (
        scores(project, sessions[name]) for name in ("first", "second", "again")
    )

    pd.testing.assert_frame_equal(again, first)
    assert not again.equals(second)


def test_the_denoiser_of_a_run_loads_from_mlflow_and_is_that_on_the_disk(
    history, project, monkeypatch
):
    import mlflow
    import numpy as np

    from cbsn_pipeline.cbsn.denoiser import Denoiser

    sessions, runs = history
    (output,) = runs["first"].outputs.model_outputs
    monkeypatch.setattr(sys, "path", [*sys.path])  # loading a model adds to it
    mlflow.set_tracking_uri(f"sqlite:///{project / 'mlflow.db'}")
    try:
        model = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    finally:
        mlflow.set_tracking_uri(None)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 37, 51, 3), dtype=np.uint8)

    denoised = model.predict(images)

    path = project / "data/06_models/sample/denoiser.safetensors"
    ours = Denoiser.load(path / sessions["first"] / path.name)
    np.testing.assert_array_equal(denoised, np.stack([ours.denoise(i) for i in images]))
    assert (denoised.shape, denoised.dtype) == (images.shape, np.uint8)
    with pytest.raises(mlflow.exceptions.MlflowException, match="schema"):
        model.predict(images.astype(np.float64))
