"""One MLflow run per Kedro run, whose status says how the run ended.

Why not kedro-mlflow: docs/decisions.md.
"""

import logging
import os
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from cbsn_pipeline import tracking
from cbsn_pipeline.hooks.last_words import LastWords
from cbsn_pipeline.hooks.tracking_options import TrackingOptions

logger = logging.getLogger(__name__)

Catalog = CatalogProtocol[Any, Any]

TRAIN_NODE = "train_denoiser"
# Set before MLflow is imported, and only where the user has not.
MLFLOW_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # the default waits minutes, every time
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",  # seconds
}


class TrackingHook:
    """Starts, labels and ends the MLflow run of a Kedro run.

    A run is KILLED until proven otherwise: FINISHED when the pipeline ended, FAILED
    when it raised, KILLED for Ctrl-C, SIGTERM and the end of the process.
    """

    def __init__(self) -> None:
        self._context: KedroContext | None = None
        self._catalog: Catalog | None = None
        self._versions: dict[str, str] = {}
        self._digests: set[str] = set()
        self._last_words = LastWords(self._end, "KILLED")

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where the project and its configuration are."""
        self._context = context

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Catalog
    ) -> None:
        """Start the run, or go on with the one that a training resumes."""
        assert self._context is not None
        if self._tracked:
            self._end("KILLED")  # left by Ctrl-C in a notebook that lives on
        options = TrackingOptions(**self._context.config_loader["mlflow"])
        if not options.enabled:
            return
        for name, value in MLFLOW_ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._catalog, self._versions, self._digests = catalog, {}, set()
        self._start(options, run_params, pipeline)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:  # noqa: ANN401
        """Record which data and which versions a stage read."""
        if self._tracked:
            from cbsn_pipeline.hooks.run_records import loaded_version

            self._note_version(dataset_name, loaded_version)
            self._note_data(dataset_name, data)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:  # noqa: ANN401
        """Record what the catalog sends to MLflow, data, model and all versions."""
        if not self._tracked:
            return
        from cbsn_pipeline.hooks.logged_datasets import log_saved
        from cbsn_pipeline.hooks.run_records import log_denoiser, saved_version

        version = self._note_version(dataset_name, saved_version)
        assert self._catalog is not None
        metadata = getattr(self._catalog[dataset_name], "metadata", None)
        log_saved(dataset_name, metadata, data)
        self._note_data(dataset_name, data)
        if dataset_name == "denoiser" and version:
            try:
                log_denoiser(self._catalog[dataset_name], version)
            except Exception as error:  # noqa: BLE001 - it is on the disk already
                logger.warning("MLflow could not store the denoiser: %s", error)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """The pipeline reached its end."""
        if self._tracked:
            self._end("FINISHED")

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """The pipeline raised: keep what it said."""
        if self._tracked:
            tracking.set_tags({"error": f"{type(error).__name__}: {error}"})
            self._end("FAILED")

    @property
    def _tracked(self) -> bool:
        """Whether a run is open that this process has started, not its parent."""
        return tracking.active_run_id() is not None

    def _start(
        self, options: TrackingOptions, run_params: dict[str, Any], pipeline: Pipeline
    ) -> None:
        from cbsn_pipeline.hooks import mlflow_run
        from cbsn_pipeline.hooks.run_facts import run_facts
        from cbsn_pipeline.hooks.run_parameters import log_parameters, parameters_of

        assert self._context is not None
        assert self._catalog is not None
        project = Path(self._context.project_path)
        facts = run_facts(
            project,
            run_params,
            environment=run_params["env"] or _default_environment(self._context),
            pipeline=pipeline,
        )
        parameters = parameters_of(pipeline, self._catalog)
        mlflow_run.connect(options, project)
        run = mlflow_run.start(
            "-".join([facts["environment"], facts["pipeline"], run_params["run_id"]]),
            _resumed_run_id(pipeline, self._catalog),
        )
        self._last_words.prepare()
        tracking.set_tags(facts)
        log_parameters(parameters, run.data.params)

    def _note_version(self, name: str, version_of: Any) -> str | None:  # noqa: ANN401
        assert self._catalog is not None
        version: str | None = version_of(self._catalog[name])
        if version:
            self._versions[name] = version
        return version

    def _note_data(self, name: str, data: Any) -> None:  # noqa: ANN401
        from cbsn_pipeline.hooks.run_records import log_training_data, training_data

        known = training_data(name, data)
        if known is not None and known.digest not in self._digests:
            self._digests.add(known.digest)
            version = self._versions.get(name)
            log_training_data(known, f"{name}:{version}" if version else name)

    def _end(self, status: str) -> None:
        from cbsn_pipeline.hooks import mlflow_run, run_records

        run_records.tag_versions(self._versions)
        mlflow_run.end(status)
        self._last_words.forget()


def _default_environment(context: KedroContext) -> str:
    return str(getattr(context.config_loader, "default_run_env", "") or "base")


def _resumed_run_id(pipeline: Pipeline, catalog: Catalog) -> str | None:
    """Id of the MLflow run that the training of this pipeline continues, if any."""
    if TRAIN_NODE not in {node.name for node in pipeline.nodes}:
        return None
    options = catalog.load("params:train")
    if not options.resume:
        return None
    from cbsn_pipeline.training.checkpoints.store import StateStore

    store = StateStore(catalog.load("training_state"))
    return store.latest_run_id(host=options.host)
