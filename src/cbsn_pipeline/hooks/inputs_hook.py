"""Explains what a part of a pipeline lacks when it runs without the rest."""

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline

Catalog = CatalogProtocol[Any, Any]


class InputsHook:
    """Fails before the first node when one takes what was only ever in memory.

    What most nodes make is saved, so that the nodes behind them run alone. Denoised
    blocks are too large, and crops of photographs are not complete before those are
    written: a node that takes them runs together with the one that makes them.
    """

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: Catalog) -> None:
        """Compare what the run takes with what is there.

        Raises:
            ValueError: Something is not; names the nodes that have to run with these.
        """
        makers = {
            name: node.name
            for whole in _pipelines()
            for node in whole.nodes
            for name in pipeline.inputs() & set(node.outputs)
            if _is_gone(name, catalog)
        }
        if makers:
            nodes = {node.name for node in pipeline.nodes} | set(makers.values())
            raise ValueError(
                f"{' and '.join(sorted(makers))} would be taken from memory, where "
                "only a node of the same run puts it: run these nodes together, "
                f"--nodes={','.join(sorted(nodes))}"
            )


def _is_gone(name: str, catalog: Catalog) -> bool:
    return isinstance(catalog.get(name), MemoryDataset) and not catalog.exists(name)


def _pipelines() -> list[Pipeline]:
    from cbsn_pipeline.pipeline_registry import register_pipelines

    return list(register_pipelines().values())
