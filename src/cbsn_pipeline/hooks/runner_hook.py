"""Refuses the one runner that would lose results."""

from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, MemoryDataset, SharedMemoryDataCatalog
from kedro.pipeline import Pipeline

from cbsn_pipeline.hooks.tracking_options import TrackingOptions

INSTEAD = (
    "use --runner=ThreadRunner, or no --runner at all (SequentialRunner): nodes use "
    "all cores by themselves"
)


class RunnerHook:
    """Fails before the first node where ParallelRunner cannot do what others do.

    It runs every node in a process of its own, and only what can be pickled goes from
    one to the next. Kedro does not promise that hooks see what is saved there.
    """

    def __init__(self) -> None:
        self._context: KedroContext | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where the configuration is."""
        self._context = context

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Look at the runner, which is known by its catalog.

        Raises:
            ValueError: It is ParallelRunner, and the run is tracked or hands on data in
                memory.
        """
        if not isinstance(catalog, SharedMemoryDataCatalog):
            return
        assert self._context is not None
        if TrackingOptions(**self._context.config_loader["mlflow"]).enabled:
            raise ValueError(
                "ParallelRunner runs nodes in other processes, where nothing of what "
                f"they make would reach the MLflow run: {INSTEAD}; or switch tracking "
                "off, 'enabled: false' in conf/base/mlflow.yml."
            )
        handed_on = {name for node in pipeline.nodes for name in node.inputs}
        in_memory = sorted(
            name
            for name in handed_on & pipeline.all_outputs()
            if isinstance(catalog.get(name), MemoryDataset)
        )
        if in_memory:
            raise ValueError(
                "ParallelRunner runs nodes in other processes, and "
                f"{' and '.join(in_memory)} would have to go from one to another, "
                f"which takes more time than it saves: {INSTEAD}."
            )
