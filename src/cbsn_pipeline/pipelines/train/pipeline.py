"""The stage that trains the network."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.train.nodes import train_denoiser


def create_pipeline() -> Pipeline:
    """Patches and a folder for states in; the trained C-BSN and a report out."""
    return Pipeline(
        [
            Node(
                train_denoiser,
                inputs=[
                    "patches",
                    "manifest",
                    "training_state",
                    "held_out_noisy_blocks",
                    "held_out_clean_blocks",
                    "params:train",
                ],
                outputs=["cbsn", "training_report"],
                name="train_denoiser",
            )
        ],
        tags="train",
    )
