"""Score the denoiser on SIDD's validation blocks, beside simpler methods."""

from cbsn_pipeline.pipelines.validate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
