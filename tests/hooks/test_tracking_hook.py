import signal
from types import SimpleNamespace

import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.io.core import Version
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner, ThreadRunner

from cbsn_pipeline import tracking
from cbsn_pipeline.hooks import TrackingHook

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own

VERSION = "2026-01-02T03.04.05.678Z"


class Loader(dict):
    """Stands in for Kedro's configuration loader."""

    default_run_env = "sample"


@pytest.fixture
def hook(store):
    return new_hook(store)


def new_hook(store, **mlflow):
    hook = TrackingHook()
    loader = Loader(mlflow=mlflow)
    hook.after_context_created(
        SimpleNamespace(project_path=store, config_loader=loader)
    )
    return hook


def run(hook, nodes, catalog=None, runner=None):
    """Do what a session does, for the hook alone; the id of the MLflow run."""
    catalog = catalog if catalog is not None else DataCatalog()
    pipeline = Pipeline(nodes)
    record = {
        "env": None,
        "run_id": VERSION,
        "pipeline_names": None,
        "kedro_version": "1.7.0",
    }
    manager = _create_hook_manager()
    manager.register(hook)
    hook.before_pipeline_run(record, pipeline, catalog)
    run_id = tracking.active_run_id()
    try:
        (runner or SequentialRunner()).run(pipeline, catalog, manager)
    except Exception as error:
        hook.on_pipeline_error(error)
        raise
    hook.after_pipeline_run()
    return run_id


def get(run_id):
    import mlflow

    return mlflow.get_run(run_id)


def test_a_run_that_ends_is_finished_and_named_after_what_it_was(hook):
    run_id = run(hook, [Node(lambda: 1, None, "x", name="n")])

    info = get(run_id).info
    assert info.status == "FINISHED"
    assert info.run_name == f"sample-__default__-{VERSION}"


def test_metrics_of_a_node_are_in_the_run(hook):
    def score():
        tracking.log_metrics({"psnr_db": 30.0}, step=4)
        return 1

    run_id = run(hook, [Node(score, None, "x", name="n")])

    assert get(run_id).data.metrics == {"psnr_db": 30.0}


def test_a_run_that_raises_has_failed_and_keeps_the_message(hook):
    def divide():
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        run(hook, [Node(divide, None, "x", name="n")])

    import mlflow

    (failed,) = mlflow.search_runs(output_format="list")
    assert failed.info.status == "FAILED"
    assert failed.data.tags["error"] == "ZeroDivisionError: division by zero"


def test_a_run_left_by_ctrl_c_in_a_notebook_is_killed_by_the_next(hook):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(hook, [Node(interrupt, None, "x", name="n")])
    left = tracking.active_run_id()
    assert get(left).info.status == "RUNNING"

    following = run(hook, [Node(lambda: 1, None, "x", name="n")])

    assert get(left).info.status == "KILLED"
    assert get(following).info.status == "FINISHED"


def test_signals_are_as_before_after_the_run(hook):
    before = signal.getsignal(signal.SIGTERM)

    run(hook, [Node(lambda: 1, None, "x", name="n")])

    assert signal.getsignal(signal.SIGTERM) == before


def test_tracking_can_be_switched_off(store):
    hook = new_hook(store, enabled=False)

    assert run(hook, [Node(lambda: 1, None, "x", name="n")]) is None
    assert not (store / "mlartifacts").exists()


def manifest_catalog(tmp_path, version=VERSION):
    from cbsn_pipeline.datasets import ManifestDataset

    path = str(tmp_path / "manifest.json")
    return DataCatalog(
        {"manifest": ManifestDataset(filepath=path, version=Version(None, version))}
    )


def make_manifest():
    from cbsn_pipeline.noisy_images.manifest import Manifest

    return Manifest.of("photos", [])


def test_a_saved_manifest_is_an_input_of_the_run(hook, tmp_path):
    run_id = run(
        hook,
        [Node(make_manifest, None, "manifest", name="build")],
        manifest_catalog(tmp_path),
    )

    tracked = get(run_id)
    (data,) = tracked.inputs.dataset_inputs
    digest = make_manifest().digest
    assert (data.dataset.name, data.dataset.digest) == ("photos", digest[:36])
    assert data.dataset.source == f'{{"uri": "manifest:{VERSION}"}}'
    assert tracked.data.tags["data_digest"] == digest
    assert tracked.data.tags["load_versions"] == f"manifest:{VERSION}"


def test_a_manifest_that_is_read_says_which_version_it_was(hook, tmp_path):
    manifest_catalog(tmp_path).save("manifest", make_manifest())

    run_id = run(
        hook,
        [Node(lambda manifest: manifest.kind, "manifest", "kind", name="read")],
        manifest_catalog(tmp_path, version=None),
    )

    tags = get(run_id).data.tags
    assert tags["versions"] == tags["load_versions"] == f"manifest:{VERSION}"


def denoiser_catalog(tmp_path):
    from cbsn_pipeline.datasets import DenoiserDataset

    path = str(tmp_path / "denoiser.safetensors")
    return DataCatalog(
        {"denoiser": DenoiserDataset(filepath=path, version=Version(None, VERSION))}
    )


def make_denoiser():
    from cbsn_pipeline.cbsn import CBSN, NetworkOptions
    from cbsn_pipeline.cbsn.denoiser import Denoiser

    return Denoiser(CBSN(NetworkOptions(channels=8, blocks=1)))


TRAIN = [Node(make_denoiser, None, "denoiser", name="make_denoiser")]


@pytest.mark.parametrize("runner", [SequentialRunner(), ThreadRunner()])
def test_a_saved_denoiser_is_a_model_of_the_run_whatever_the_runner(
    runner, hook, tmp_path
):
    run_id = run(hook, TRAIN, denoiser_catalog(tmp_path), runner)

    (model,) = get(run_id).outputs.model_outputs
    import mlflow

    logged = mlflow.get_logged_model(model.model_id)
    assert (logged.name, logged.source_run_id) == ("denoiser", run_id)
    info = mlflow.models.get_model_info(logged.model_uri)
    (pictures,) = info.signature.inputs.inputs
    assert (str(pictures.type), pictures.shape) == ("uint8", (-1, -1, -1, 3))


def test_a_model_that_cannot_be_stored_does_not_fail_a_finished_training(
    hook, tmp_path, monkeypatch, caplog
):
    from cbsn_pipeline.hooks import run_records

    def full(dataset, version):
        raise OSError("disk full")

    monkeypatch.setattr(run_records, "log_denoiser", full)

    run_id = run(hook, TRAIN, denoiser_catalog(tmp_path))

    assert get(run_id).info.status == "FINISHED"
    assert "MLflow could not store the denoiser: disk full" in caplog.text


class Train(SimpleNamespace):
    """Options of the train stage, as far as the hook looks at them."""


@pytest.fixture
def training(tmp_path):
    """Nodes and catalog of a training that resumes; its folder of states."""
    from cbsn_pipeline.datasets import FolderDataset

    folder = tmp_path / "state"
    catalog = DataCatalog({"training_state": FolderDataset(filepath=str(folder))})
    catalog["params:train"] = Train(resume=True, host="")
    inputs = ["training_state", "params:train"]
    return (
        [Node(lambda state, options: 1, inputs, "x", name="train_denoiser")],
        catalog,
        folder,
    )


def test_a_training_that_resumes_goes_on_in_its_run(hook, training):
    from cbsn_pipeline.training.checkpoints.store import StateStore

    nodes, catalog, folder = training
    first = run(hook, nodes, catalog)
    StateStore(folder).remember_run(first)
    (folder / "step_000000001.pt").touch()

    assert run(hook, nodes, catalog) == first
    catalog["params:train"] = Train(resume=False)
    assert run(hook, nodes, catalog) != first
