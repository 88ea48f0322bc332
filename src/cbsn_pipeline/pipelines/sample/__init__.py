"""Make the embedded sample: simulated photographs in SIDD's and DND's formats."""

from cbsn_pipeline.pipelines.sample.pipeline import create_pipeline

__all__ = ["create_pipeline"]
