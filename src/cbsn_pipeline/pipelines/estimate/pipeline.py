"""The stage that asks what a training would take."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.estimate.nodes import estimate_training


def create_pipeline() -> Pipeline:
    """The options of a training in, no data; a report out."""
    return Pipeline(
        [
            Node(
                estimate_training,
                inputs=["params:train", "training_state"],
                outputs=["estimate_report", "estimate_metrics", "estimate_tags"],
                name="estimate_training",
            )
        ],
        tags="estimate",
    )
