"""Import weights that the authors' program trained: a denoiser without a training."""

from cbsn_pipeline.pipelines.import_official.pipeline import create_pipeline

__all__ = ["create_pipeline"]
