"""``kedro run``: which runners take our pipelines, and both spellings of an option."""

import shutil

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def untracked(project, kedro):
    """An environment like ``sample``, whose files are there, without tracking."""
    process = kedro("run", "--pipelines=ingest")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    shutil.copytree(project / "conf/sample", project / "conf/untracked")
    (project / "conf/untracked/mlflow.yml").write_text("enabled: false\n")
    yield "untracked"
    shutil.rmtree(project / "conf/untracked")


def run(kedro, *arguments):
    process = kedro("run", *arguments)
    output, _ = process.communicate(timeout=300)
    return process.returncode, " ".join(output.split())


@pytest.mark.parametrize(
    "runner", ["SequentialRunner", "ThreadRunner", "ParallelRunner"]
)
def test_a_pipeline_whose_nodes_meet_in_files_runs_with_every_runner(
    kedro, untracked, runner
):
    status, output = run(
        kedro, "--env", untracked, "--pipelines=ingest,patches", f"--runner={runner}"
    )

    assert status == 0, output
    assert "Completed 2 out of 2 tasks" in output


def test_what_would_not_reach_the_tracker_is_refused_in_one_sentence(kedro, untracked):
    status, output = run(kedro, "--pipelines=validate", "--runner=ParallelRunner")

    assert status == 1
    assert "ValueError: ParallelRunner runs nodes in other processes" in output
    assert "use --runner=ThreadRunner" in output
    assert "Running node" not in output


def test_blocks_in_memory_are_refused_in_one_sentence(kedro, untracked):
    status, output = run(
        kedro, "--env", untracked, "--pipelines=validate", "--runner=ParallelRunner"
    )

    assert status == 1
    assert "and denoised_blocks would have to go from one to another" in output


@pytest.mark.parametrize(
    ("option", "warns"), [("--pipeline", True), ("--pipelines", False)]
)
def test_both_spellings_train_and_one_warns(kedro, option, warns):
    tiny = "train.steps=2,train.network.channels=8,train.network.blocks=1"
    few = "train.batch_size=1,train.crop_size=40,train.validation_blocks=2"
    place = f"state_folder=spelling{option}"  # not that of other tests

    status, output = run(kedro, f"{option}=train", "--params", f"{tiny},{few},{place}")

    assert status == 0, output
    assert "Completed node: train_denoiser" in output
    assert ("DeprecationWarning" in output) == (option == "--pipeline")
