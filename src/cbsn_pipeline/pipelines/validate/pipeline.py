"""How the steps of scoring connect."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.validate import nodes


def create_pipeline() -> Pipeline:
    """From the denoiser and SIDD's validation blocks to tables and plots."""
    return Pipeline(
        [
            Node(
                nodes.check_validation_blocks,
                [
                    "validation_noisy_blocks",
                    "validation_clean_blocks",
                    "params:validate",
                ],
                ["noisy_blocks", "clean_blocks"],
                name="check_validation_blocks",
            ),
            Node(
                nodes.denoise_blocks,
                ["denoiser", "noisy_blocks", "params:validate"],
                "denoised_blocks",
                name="denoise_blocks",
            ),
            Node(
                nodes.measure_checkerboards,
                ["denoiser", "denoised_blocks", "noisy_blocks", "clean_blocks"],
                "checkerboard_energies",
                name="measure_checkerboards",
            ),
            Node(
                nodes.search_oracle_blur,
                ["noisy_blocks", "clean_blocks", "params:validate"],
                "oracle_blur",
                name="search_oracle_blur",
            ),
            Node(
                nodes.score_blocks,
                [
                    "denoised_blocks",
                    "noisy_blocks",
                    "clean_blocks",
                    "oracle_blur",
                    "params:validate",
                ],
                "block_scores",
                name="score_blocks",
            ),
            Node(
                nodes.average_scores,
                ["block_scores", "params:validate"],
                ["image_scores", "camera_scores"],
                name="average_scores",
            ),
            Node(
                nodes.rank_methods,
                ["block_scores", "oracle_blur"],
                "score_table",
                name="rank_methods",
            ),
            Node(
                nodes.summarise_scores,
                [
                    "score_table",
                    "oracle_blur",
                    "checkerboard_energies",
                    "denoiser",
                    "noisy_blocks",
                    "params:validate",
                ],
                "score_summary",
                name="summarise_scores",
            ),
            Node(
                nodes.plot_psnr_per_image,
                ["image_scores", "oracle_blur"],
                "psnr_per_image",
                name="plot_psnr_per_image",
            ),
            Node(
                nodes.draw_best_and_worst_blocks,
                [
                    "block_scores",
                    "image_scores",
                    "denoised_blocks",
                    "noisy_blocks",
                    "clean_blocks",
                ],
                ["best_and_worst_blocks", "best_and_worst_images"],
                name="draw_best_and_worst_blocks",
            ),
            # Its inputs are made last, so that its table ends the run.
            Node(
                nodes.report_scores,
                ["score_table", "score_summary"],
                ["validation_metrics", "validation_tags"],
                name="report_scores",
            ),
        ],
        tags="validate",
    )
