"""The ingest: noisy images -> manifest."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.ingest.nodes import build_manifest


def create_pipeline() -> Pipeline:
    """Check every noisy image and write down what the data set is."""
    return Pipeline(
        [
            Node(
                build_manifest,
                inputs=["noisy_images", "params:ingest"],
                outputs="manifest",
                name="build_manifest",
            )
        ],
        tags="ingest",
    )
