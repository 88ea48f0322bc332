"""Several seeds of a reproduction by one command, as users give it."""

import json
import shutil

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# a protocol of its own: cards of other tests are not of this experiment
TINY_CLAIM = {"protocol": "several seeds", "steps": None, "seeds": 2}


@pytest.fixture(scope="module")
def configuration(project, tiny):
    # other tests of this session trained with other options
    shutil.rmtree(project / "data/06_models/sample/state", ignore_errors=True)
    file = project / "seeds.yml"
    params = {
        "train": {**tiny, "resume": True},
        "reproduce": TINY_CLAIM,
        "validate": {"baselines": []},
    }
    file.write_text(json.dumps({"run": {"pipelines": "reproduce", "params": params}}))
    return file


def reproduce(kedro, configuration):
    process = kedro("run", "--config", str(configuration))
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def newest(project, name):
    folder = project / "data/08_reporting/sample" / name
    return json.loads(max(folder.glob("*/*")).read_text())


def test_one_command_trains_every_seed_and_goes_on_where_it_was(
    kedro, project, configuration, tracked
):
    reproduce(kedro, configuration)

    card, runs = newest(project, "reproduction_card.json"), tracked()
    summary = newest(project, "reproduction_seeds.json")
    assert card["seed"] == 1
    assert list(card["seeds"]["psnr_db"]) == ["0", "1"]
    assert summary == card["seeds"]
    assert summary["standard_deviation_db"] > 0
    first, second = runs[-2:]
    assert second.data.tags["mlflow.parentRunId"] == first.info.run_id
    assert [run.data.params["train.seed"] for run in (first, second)] == ["0", "1"]
    assert {run.info.status for run in (first, second)} == {"FINISHED"}
    assert first.data.metrics["reproduction/mean_db"] == summary["mean_db"]

    output = reproduce(kedro, configuration)  # train.resume: nothing is trained again

    assert "Seed 1 has its card already" in output
    assert newest(project, "reproduction_seeds.json") == summary
    assert [run.info.run_id for run in tracked()] == [run.info.run_id for run in runs]
