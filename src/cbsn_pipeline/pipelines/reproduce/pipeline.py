"""How the card connects to training and scoring."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.reproduce import illustrate, nodes, site


def create_pipeline() -> Pipeline:
    """From scores and reports to the card; training and scoring come before it."""
    return Pipeline(
        [
            # In the order of a run this comes before the training: both need the
            # manifest, the training the patches besides.
            Node(
                nodes.check_protocol,
                ["manifest", "validation_noisy_blocks", "params:reproduce"],
                None,
                name="check_protocol",
            ),
            Node(
                nodes.write_card,
                [
                    "score_summary",
                    "image_scores",
                    "camera_scores",
                    "training_report",
                    "manifest",
                    "validation_noisy_blocks",
                    "earlier_cards",
                    "params:train",
                    "params:reproduce",
                ],
                [
                    "reproduction_card",
                    "reproduction_page",
                    "reproduction_metrics",
                    "reproduction_tags",
                ],
                name="write_card",
            ),
            Node(
                illustrate.illustrate_card,
                [
                    "reproduction_page",
                    "image_scores",
                    "score_summary",
                    "training_report",
                    "run_version",
                    "params:train",
                ],
                [
                    "reproduction_card_markdown",
                    "reproduction_page_for_mlflow",
                    *illustrate.NAMES.values(),
                ],
                name="illustrate_card",
            ),
            Node(
                nodes.train_other_seeds,
                [
                    "session",
                    "reproduction_card",
                    "earlier_cards",
                    "params:train",
                    "params:reproduce",
                ],
                "reproduced_seeds",
                name="train_other_seeds",
            ),
            Node(
                nodes.summarise_seeds,
                ["reproduction_card", "reproduced_seeds", "earlier_cards"],
                ["seed_summary", "seed_metrics"],
                name="summarise_seeds",
            ),
        ],
        tags="reproduce",
    )


def create_site_pipeline() -> Pipeline:
    """From a submission to its card; training and submitting come before it."""
    return Pipeline(
        [
            Node(
                site.check_site_protocol,
                ["manifest", "params:reproduce"],
                None,
                name="check_site_protocol",
            ),
            Node(
                site.write_site_card,
                [
                    "dnd_submission_report",
                    "training_report",
                    "manifest",
                    "params:train",
                    "params:reproduce",
                ],
                [
                    "site_card",
                    "site_card_markdown",
                    "site_card_metrics",
                    "site_card_tags",
                ],
                name="write_site_card",
            ),
        ],
        tags="reproduce",
    )
