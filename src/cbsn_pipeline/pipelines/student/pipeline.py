"""The stage that trains the student, where one is wanted."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.student.nodes import train_student


def create_pipeline() -> Pipeline:
    """The C-BSN and its patches in; the denoiser that later stages use out."""
    return Pipeline(
        [
            Node(
                train_student,
                inputs=[
                    "cbsn",
                    "patches",
                    "manifest",
                    "student_state",
                    "params:student",
                ],
                outputs=["denoiser", "student_report"],
                name="train_student",
            )
        ],
        tags="student",
    )
