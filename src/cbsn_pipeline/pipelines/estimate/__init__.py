"""Stage estimate: what a training would take here, before it is started."""

from cbsn_pipeline.pipelines.estimate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
