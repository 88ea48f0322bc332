"""Ingest: list the noisy images, check each, write the manifest."""

from cbsn_pipeline.pipelines.ingest.pipeline import create_pipeline

__all__ = ["create_pipeline"]
