import pytest

from cbsn_pipeline import tracking
from cbsn_pipeline.pipelines.compare.options import CompareOptions
from cbsn_pipeline.pipelines.compare.sources import find_runs
from cbsn_pipeline.pipelines.compare.tracked_runs import find_by_run_id, is_run_id

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

OLD, NEW = "2026-01-02T03.04.05.678Z", "2026-01-03T00.00.00.000Z"


@pytest.fixture
def track(store):
    """Record a run as the hooks do; its id. Tracking is on, in a run of its own."""
    experiment = store.get_experiment_by_name("test").experiment_id
    tracking.attach(store.create_run(experiment, run_name="now").info.run_id, store)

    def record(name, versions, environment="blocks", **params):
        tags = {"environment": environment, "pipeline": "validate", "host": "here"}
        tags["versions"] = ",".join(f"{key}:{made}" for key, made in versions.items())
        run_id = store.create_run(experiment, run_name=name, tags=tags).info.run_id
        for key, value in params.items():
            store.log_param(run_id, key.replace("__", "."), value)
        return run_id

    return record


def touch(project, path):
    file = project / path
    file.parent.mkdir(parents=True)
    file.touch()
    return file


def scores_of(project, environment="blocks", version=NEW):
    folder = f"data/08_reporting/{environment}/block_scores.csv"
    return touch(project, f"{folder}/{version}/block_scores.csv")


def denoiser_of(project, environment="blocks", version=OLD):
    folder = f"data/06_models/{environment}/denoiser.safetensors"
    return touch(project, f"{folder}/{version}/denoiser.safetensors")


def test_run_ids_are_32_hexadecimal_digits():
    assert is_run_id("8d9fa19e3bb540f99771903daa88984d")
    assert not is_run_id("8d9fa19e")
    assert not is_run_id("data/08_reporting/blocks/block_scores.csv")


@pytest.mark.parametrize("environment", ["blocks", "sidd", "sample"])
def test_a_run_leads_to_its_scores_and_its_denoiser(project, track, environment):
    scores = scores_of(project, environment)
    denoiser = denoiser_of(project, environment)
    versions = {"block_scores": NEW, "denoiser": OLD}
    run_id = track("trial", versions, environment, validate__padding=4)

    found = find_by_run_id(run_id, project)

    assert (found.label, found.scores) == ("trial", scores)
    assert (found.denoiser, found.no_denoiser, found.padding) == (denoiser, "", 4)


def test_runs_and_paths_can_be_mixed(project, track):
    scores = scores_of(project)
    run_id = track("trial", {"block_scores": NEW})

    runs = find_runs(CompareOptions(runs=f"{run_id}+{scores}"), project)

    assert [run.scores for run in runs] == [scores, scores]
    assert [run.label for run in runs] == ["trial", f"blocks {NEW}"]


@pytest.mark.parametrize(
    ("versions", "reason"),
    [
        ({"block_scores": NEW, "denoiser": OLD}, "denoiser of run trial is gone: /"),
        ({"block_scores": NEW}, "is gone: run and catalog name none"),
    ],
)
def test_scores_without_a_denoiser_will_do(project, track, versions, reason):
    scores_of(project)

    found = find_by_run_id(track("trial", versions), project)

    assert found.denoiser is None
    assert reason in found.no_denoiser


def test_scores_that_are_gone_are_an_error_that_says_how_to_make_them(project, track):
    run_id = track("trial", {"block_scores": NEW, "denoiser": OLD})

    with pytest.raises(ValueError, match="are gone") as error:
        find_by_run_id(run_id, project)

    assert f"block_scores.csv/{NEW}/block_scores.csv. It ran on here" in str(
        error.value
    )
    assert f"--load-versions denoiser:{OLD}" in str(error.value)


def test_a_run_that_only_trained_is_refused_and_its_validation_named(project, track):
    validation = track("scored", {"block_scores": NEW, "denoiser": OLD})
    track("denoised", {"denoised_photos": NEW, "denoiser": OLD})
    training = track("trained", {"denoiser": OLD})

    with pytest.raises(ValueError, match="did not validate: its tag 'versions'") as why:
        find_by_run_id(training, project)

    assert str(why.value).endswith(f"scored its denoiser: {validation} (scored).")


def test_a_run_without_versions_is_refused(project, track):
    with pytest.raises(ValueError, match=r"Expected a run .*--pipelines=validate\.$"):
        find_by_run_id(track("crashed", {}), project)


def test_a_run_that_mlflow_does_not_know_is_refused(project, track):
    with pytest.raises(
        ValueError, match=r"MLflow at sqlite:.* does not know the run 0"
    ):
        find_by_run_id("0" * 32, project)


def test_an_environment_that_is_no_more_is_named(project, track):
    run_id = track("trial", {"block_scores": NEW}, environment="before")

    with pytest.raises(ValueError, match="the environment 'before' is named, whose"):
        find_by_run_id(run_id, project)


def test_without_tracking_a_path_is_asked_for(project):
    with pytest.raises(ValueError, match="but tracking is off.*or give the path"):
        find_by_run_id("0" * 32, project)
