"""Looks for every raw file of a run before its first node."""

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

# Raw data that a stage cannot do without. Held-out blocks are not among them: a
# training goes on without.
REQUIRED = (
    "noisy_images",
    "validation_noisy_blocks",
    "validation_clean_blocks",
    "benchmark_noisy_blocks",
    "dnd_images",
    "photos_to_denoise",
)


class RawDataHook:
    """Fails before the first node, not after a training, when raw data is missing."""

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Let the readers of missing files say what they miss.

        Raises:
            DatasetError: A file or folder that a stage of this run reads is missing.
        """
        for name in REQUIRED:
            if name in pipeline.inputs() and not catalog[name].exists():
                catalog.load(name)
