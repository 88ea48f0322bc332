"""How the steps of comparing connect."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.compare import nodes


def create_pipeline() -> Pipeline:
    """From the scores of several runs to tables and panels that compare them."""
    return Pipeline(
        [
            Node(
                nodes.find_runs,
                ["params:compare", "configuration"],
                ["compared_runs", "comparison_tags"],
                name="find_runs",
            ),
            Node(
                nodes.pair_scores,
                ["compared_runs", "params:compare"],
                "paired_scores",
                name="pair_scores",
            ),
            Node(
                nodes.compare_runs,
                ["paired_scores", "compared_runs", "params:compare"],
                "comparison",
                name="compare_runs",
            ),
            # Held-out blocks are the validation blocks, but a run goes on without.
            Node(
                nodes.draw_panels,
                [
                    "compared_runs",
                    "paired_scores",
                    "held_out_noisy_blocks",
                    "held_out_clean_blocks",
                    "params:compare",
                ],
                ["comparison_panels", "panel_notes"],
                name="draw_panels",
            ),
            Node(
                nodes.write_tables,
                ["comparison", "compared_runs", "panel_notes", "params:compare"],
                ["comparison_markdown", "comparison_latex"],
                name="write_tables",
            ),
            # Its inputs are made last, so that its tables end the run.
            Node(
                nodes.report_comparison,
                [
                    "comparison",
                    "compared_runs",
                    "comparison_markdown",
                    "comparison_latex",
                    "panel_notes",
                    "params:compare",
                ],
                "comparison_metrics",
                name="report_comparison",
            ),
        ],
        tags="compare",
    )
