"""The patches: noisy images and manifest -> patches."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.patches.nodes import extract_patches


def create_pipeline() -> Pipeline:
    """Cut the noisy images into patches, or keep those that are there."""
    return Pipeline(
        [
            Node(
                extract_patches,
                inputs=["noisy_images", "manifest", "params:patches"],
                outputs="patches",
                name="extract_patches",
            )
        ],
        tags="patches",
    )
