"""How the diagnosis connects."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.diagnose import nodes


def create_pipeline() -> Pipeline:
    """Photographs in; what their noise is like, and advice."""
    return Pipeline(
        [
            Node(
                nodes.diagnose_photos,
                ["photos_to_denoise", "params:diagnose"],
                ["diagnose_report", "diagnose_metrics"],
                name="diagnose_photos",
            ),
            Node(
                nodes.plot_noise,
                "diagnose_report",
                "noise_plot",
                name="plot_noise",
            ),
        ],
        tags="diagnose",
    )
