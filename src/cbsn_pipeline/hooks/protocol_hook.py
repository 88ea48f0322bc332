"""Sends a reproduction to the pipeline that its protocol is scored by."""

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

OPTIONS = "params:reproduce"
# Who scores, the pipeline for it, and the node that tells the pipeline.
PIPELINES = {
    "blocks": ("reproduce", "write_card"),
    "site": ("reproduce_dnd", "write_site_card"),
}


class ProtocolHook:
    """Fails before anything is looked for when environment and pipeline do not fit."""

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Compare who scores the protocol with who scores in this pipeline.

        Raises:
            ValueError: They differ; names the right pipeline.
        """
        names = {node.name for node in pipeline.nodes}
        for scored_by, (_, node) in PIPELINES.items():
            if node not in names:
                continue
            options = catalog.load(OPTIONS)
            if options.scored_by != scored_by:
                right, _ = PIPELINES[options.scored_by]
                raise ValueError(
                    f"The protocol {options.protocol!r} of this environment is scored "
                    f"by {_in_words(options.scored_by)}: run --pipelines={right}."
                )


def _in_words(scored_by: str) -> str:
    return "the site of DND" if scored_by == "site" else "us, on SIDD's validation set"
