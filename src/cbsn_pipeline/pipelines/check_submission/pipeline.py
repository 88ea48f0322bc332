"""How the steps of checking a submission connect."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.check_submission import nodes


def create_pipeline() -> Pipeline:
    """From a file of anybody's to a report; errors in it end the run in an error."""
    return Pipeline(
        [
            Node(
                nodes.check_submission,
                ["submission_to_check", "params:check_submission"],
                [
                    "submission_check",
                    "submission_check_markdown",
                    "submission_check_metrics",
                ],
                name="check_submission",
            ),
            Node(
                nodes.report_submission_check,
                ["submission_check", "submission_check_markdown", "submission_checks"],
                None,
                name="report_submission_check",
            ),
        ],
        tags="check_submission",
    )
