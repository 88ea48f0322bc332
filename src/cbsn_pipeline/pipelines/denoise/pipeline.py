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
                "denoised_photos",
                name="denoise_photos",
            )
        ],
        tags="denoise",
    )
