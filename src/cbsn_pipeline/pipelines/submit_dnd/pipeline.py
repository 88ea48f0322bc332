"""How the steps of a submission connect."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.submit_dnd import nodes


def create_pipeline() -> Pipeline:
    """From the denoiser and DND's folder to the files for its site."""
    return Pipeline(
        [
            Node(
                nodes.denoise_dnd,
                ["denoiser", "dnd_images", "params:submit_dnd"],
                "dnd_submission",
                name="denoise_dnd",
            ),
            Node(
                nodes.check_dnd_submission,
                ["dnd_submission", "dnd_images", "params:submit_dnd"],
                ["dnd_submission_report", "dnd_submission_metrics"],
                name="check_dnd_submission",
            ),
        ],
        tags="submit_dnd",
    )
