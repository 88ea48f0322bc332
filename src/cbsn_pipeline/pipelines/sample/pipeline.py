"""How the embedded sample is made."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.sample import nodes


def create_pipeline() -> Pipeline:
    """From photographs that come with scikit-image to raw files for every stage."""
    return Pipeline(
        [
            Node(
                nodes.make_sample,
                ["params:sample"],
                [
                    "sample_sidd_medium",
                    "sample_validation_noisy_blocks",
                    "sample_validation_clean_blocks",
                    "sample_benchmark_noisy_blocks",
                    "sample_dnd",
                ],
                name="make_sample",
            )
        ],
        tags="sample",
    )
