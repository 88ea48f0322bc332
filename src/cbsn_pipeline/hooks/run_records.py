"""What a run records of the data sets that pass: lineage, the model, versions."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from kedro.io import AbstractVersionedDataset

from cbsn_pipeline import tracking

PACKAGE = Path(__file__).parents[1]
# what cbsn_pipeline.cbsn imports, and MLflow to serve it
SERVING_REQUIREMENTS = ("torch", "numpy", "pydantic", "safetensors", "mlflow")


# What an old run is repeated from. Of other datasets an old version must not be asked
# for: the stages of the new run would read it in place of what they have just written.
REPEATED_FROM = ("manifest", "denoiser")


class TrainingData(NamedTuple):
    """Which data a dataset of the catalog tells of."""

    kind: str
    digest: str


def training_data(name: str, data: Any) -> TrainingData | None:  # noqa: ANN401
    """The training data that a loaded or saved dataset is about, if it is about any.

    A run that only validates never sees the manifest; its denoiser knows the digest.
    """
    if name == "manifest" or (name == "patches" and hasattr(data, "digest")):
        return TrainingData(data.kind, data.digest)
    if name == "denoiser" and data.provenance.data_digest:
        return TrainingData(data.provenance.data_kind, data.provenance.data_digest)
    return None


def log_training_data(data: TrainingData, source: str) -> None:
    """Record the data set as an input of the run, under our own digest."""
    tracking.log_data(data.kind, data.digest, source, "training")
    tracking.set_tags({"data_kind": data.kind})


def saved_version(dataset: object) -> str | None:
    """The version a dataset is saved as in this run; None when it has none."""
    if isinstance(dataset, AbstractVersionedDataset) and dataset._version:
        saved: str | None = dataset.resolve_save_version()
        return saved
    return None


def loaded_version(dataset: object) -> str | None:
    """The version a dataset was loaded from; None when it has none."""
    if isinstance(dataset, AbstractVersionedDataset) and dataset._version:
        loaded: str | None = dataset.resolve_load_version()
        return loaded
    return None


def tag_versions(versions: dict[str, str]) -> None:
    """Note which version of everything the run made or used.

    The tag ``load_versions`` is what ``kedro run --load-versions`` takes.
    """
    repeated = {name: versions[name] for name in REPEATED_FROM if name in versions}
    for tag, chosen in (("versions", versions), ("load_versions", repeated)):
        line = ",".join(f"{name}:{made}" for name, made in sorted(chosen.items()))
        tracking.set_tags({tag: line} if line else {})


def log_denoiser(dataset: AbstractVersionedDataset[Any, Any], version: str) -> None:
    """Record the saved denoiser as a model that MLflow can load and serve.

    The package travels with it: it is served where there is no repository.
    """
    run_id = tracking.active_run_id()
    if run_id is None:
        return
    import mlflow
    import numpy as np
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    pictures = Schema([TensorSpec(np.dtype(np.uint8), (-1, -1, -1, 3))])
    Model.log(
        artifact_path=None,
        name="denoiser",
        flavor=mlflow.pyfunc,
        run_id=run_id,  # not that of the thread: a runner may save in another
        python_model=str(PACKAGE / "serving.py"),
        artifacts={"denoiser": str(dataset._get_versioned_path(version))},
        code_paths=[str(PACKAGE)],
        signature=ModelSignature(inputs=pictures, outputs=pictures),
        input_example=np.zeros((1, 16, 16, 3), np.uint8),
        pip_requirements=serving_requirements(),
    )


def serving_requirements() -> list[str]:
    """Pinned packages that a served denoiser needs."""
    # "2.13.0+cpu" names a build that no index has
    return [f"{name}=={version(name).split('+')[0]}" for name in SERVING_REQUIREMENTS]
