"""How denoising connects."""

from kedro.pipeline import Node, Pipeline

from cbsn_pipeline.pipelines.denoise import nodes


def create_pipeline() -> Pipeline:
    """From the denoiser and photographs to denoised photographs."""
    return Pipeline(
        [
            Node(
                nodes.denoise_photos,
                ["denoiser", "photos_to_denoise", "params:denoise"],
                ["denoised_photos", "photo_crops"],
                name="denoise_photos",
            ),
            Node(
                nodes.draw_before_after,
                ["denoised_photos", "photo_crops"],
                "before_after",
                name="draw_before_after",
            ),
        ],
        tags="denoise",
    )
