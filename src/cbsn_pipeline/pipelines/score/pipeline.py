"""How the steps of scoring any two sets of images connect."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.score import nodes


def create_pipeline() -> Pipeline:
    """From two folders or files to scores in every convention."""
    return Pipeline(
        [
            Node(
                nodes.pair_images,
                ["denoised_images", "clean_images", "params:score"],
                "scored_pairs",
                name="pair_images",
            ),
            Node(
                nodes.score_pairs,
                ["scored_pairs", "params:score"],
                "pair_scores",
                name="score_pairs",
            ),
            Node(
                nodes.summarise_pairs,
                ["pair_scores", "scored_pairs"],
                "pair_score_summary",
                name="summarise_pairs",
            ),
            Node(
                nodes.report_pairs,
                ["pair_score_summary"],
                "pair_score_metrics",
                name="report_pairs",
            ),
        ],
        tags="score",
    )
