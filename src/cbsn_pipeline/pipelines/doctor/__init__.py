"""Doctor: what raw data is there, what is missing, what is wrong with it."""

from cbsn_pipeline.pipelines.doctor.pipeline import create_pipeline

__all__ = ["create_pipeline"]
