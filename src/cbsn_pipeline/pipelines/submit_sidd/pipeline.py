"""How the steps of a submission to SIDD connect."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.submit_sidd import nodes


def create_pipeline() -> Pipeline:
    """From the denoiser and SIDD's benchmark blocks to the files for its sites."""
    return Pipeline(
        [
            Node(
                nodes.denoise_sidd_benchmark,
                ["denoiser", "benchmark_noisy_blocks", "params:submit_sidd"],
                "sidd_submission",
                name="denoise_sidd_benchmark",
            ),
            Node(
                nodes.report_sidd_submission,
                ["sidd_submission", "params:submit_sidd"],
                ["sidd_submission_report", "sidd_submission_metrics"],
                name="report_sidd_submission",
            ),
        ],
        tags="submit_sidd",
    )
