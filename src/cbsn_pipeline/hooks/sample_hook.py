"""Makes the embedded sample before the first run that needs it."""

import logging
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, DataCatalog
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

logger = logging.getLogger(__name__)

SAMPLE_ENVIRONMENT = "sample"
# What the sample stands in for; a run that reads none of these does not need it.
RAW_DATASETS = {
    "noisy_images",
    "validation_noisy_blocks",
    "validation_clean_blocks",
    "noisy_blocks",
    "clean_blocks",
    "held_out_noisy_blocks",
    "held_out_clean_blocks",
    "benchmark_noisy_blocks",
    "dnd_images",
    "photos_to_denoise",
    "noisy_location",  # where the doctor looks
}


class SampleHook:
    """In the environment ``sample``, runs that pipeline when its files are missing."""

    def __init__(self) -> None:
        self._context: KedroContext | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where the configuration is."""
        self._context = context

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self,
        run_params: dict[str, Any],
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
    ) -> None:
        """Make what is missing, so that every command works in a fresh clone."""
        environment = run_params["env"] or SAMPLE_ENVIRONMENT
        if environment != SAMPLE_ENVIRONMENT or not pipeline.inputs() & RAW_DATASETS:
            return
        from cbsn_pipeline.pipelines.sample import create_pipeline

        sample = create_pipeline()
        missing = sorted(n for n in sample.outputs() if not catalog[n].exists())
        if not missing:
            return
        logger.info("The embedded sample is not there yet: making it.")
        SequentialRunner().run(sample, self._sample_catalog(sample, catalog))

    def _sample_catalog(
        self, sample: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> DataCatalog:
        """The files of the sample, and its options.

        Kedro checks the options of the pipelines that were asked for and hands on
        those of others as a plain dictionary, so these are checked here.
        """
        from cbsn_pipeline.pipelines.sample.options import SampleOptions

        assert self._context is not None
        parameters = self._context.config_loader["parameters"]
        options = SampleOptions(**parameters["sample"])
        files = DataCatalog({name: catalog[name] for name in sample.all_outputs()})
        files["params:sample"] = options
        return files
