"""Check a file for the sites of SIDD and DND before it is uploaded."""

from cbsn_pipeline.pipelines.check_submission.pipeline import create_pipeline

__all__ = ["create_pipeline"]
