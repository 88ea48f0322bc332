"""Compare the scores of two or more trainings, block by block."""

from cbsn_pipeline.pipelines.compare.pipeline import create_pipeline

__all__ = ["create_pipeline"]
