"""Score any two sets of images in every convention."""

from cbsn_pipeline.pipelines.score.pipeline import create_pipeline

__all__ = ["create_pipeline"]
