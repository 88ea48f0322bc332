"""The stage that imports weights."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.import_official.nodes import import_weights


def create_pipeline() -> Pipeline:
    """From a checkpoint of the authors' program to the denoiser of later stages."""
    return Pipeline(
        [
            Node(
                import_weights,
                inputs=["official_checkpoint", "params:import_official"],
                outputs=["denoiser", "import_report"],
                name="import_weights",
            )
        ],
        tags="import_official",
    )
