"""How the steps of exporting a denoiser connect: none needs another."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.export import nodes


def create_pipeline() -> Pipeline:
    """From the denoiser to files for other programs, and a card of what it costs."""
    inputs = ["denoiser", "params:export"]
    return Pipeline(
        [
            Node(
                nodes.export_program,
                inputs,
                ["exported_program", "program_report"],
                name="export_program",
            ),
            Node(
                nodes.export_onnx,
                inputs,
                ["onnx_model", "onnx_report"],
                name="export_onnx",
            ),
            Node(
                nodes.measure_efficiency,
                inputs,
                ["efficiency_card", "efficiency_card_markdown", "efficiency_metrics"],
                name="measure_efficiency",
            ),
        ],
        tags="export",
    )
