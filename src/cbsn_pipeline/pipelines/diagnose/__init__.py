"""Say what the noise of photographs is like."""

from cbsn_pipeline.pipelines.diagnose.pipeline import create_pipeline

__all__ = ["create_pipeline"]
