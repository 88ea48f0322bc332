"""The doctor: locations of raw data -> report, then an error if it has any."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.doctor.nodes import examine_raw_data, refuse_errors


def create_pipeline() -> Pipeline:
    """Look at everything, save the report, and only then fail."""
    return Pipeline(
        [
            Node(
                examine_raw_data,
                inputs=[
                    "noisy_location",
                    "sidd_location",
                    "dnd_location",
                    "photos_location",
                    "patches_location",
                    "params:doctor",
                    "params:ingest",
                    "params:patches",
                    "params:validate",
                    "params:submit_dnd",
                ],
                outputs=["doctor_report", "doctor_markdown", "doctor_metrics"],
                name="examine_raw_data",
            ),
            Node(
                refuse_errors,
                inputs=["doctor_report", "doctor_reports"],
                outputs=None,
                name="refuse_errors",
            ),
        ],
        tags="doctor",
    )
