"""Denoise the crops of DND and write the files that its site scores."""

from cbsn_pipeline.pipelines.submit_dnd.pipeline import create_pipeline

__all__ = ["create_pipeline"]
