"""Tells nodes what the run was asked for, and ends runs with what started them."""

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from cbsn_pipeline import tracking
from cbsn_pipeline.processes import end_with_parent
from cbsn_pipeline.session import Session, parent_process

DATASET = "session"


class SessionHook:
    """Hands environment and parameters to the nodes that start further runs."""

    @hook_impl
    def before_pipeline_run(
        self,
        run_params: dict[str, Any],
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
    ) -> None:
        """Fill the dataset ``session``, where this run has it."""
        parent = parent_process()
        if parent is not None:
            end_with_parent(parent)
        if DATASET in pipeline.inputs():
            catalog.save(
                DATASET,
                Session(
                    run_params["env"],
                    run_params["runtime_params"] or {},
                    tracking.active_run_id(),
                ),
            )
