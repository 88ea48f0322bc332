"""Stage train: patches in, a denoiser out."""

from cbsn_pipeline.pipelines.train.pipeline import create_pipeline

__all__ = ["create_pipeline"]
