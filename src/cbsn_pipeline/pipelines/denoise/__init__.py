"""Denoise photographs."""

from cbsn_pipeline.pipelines.denoise.pipeline import create_pipeline

__all__ = ["create_pipeline"]
