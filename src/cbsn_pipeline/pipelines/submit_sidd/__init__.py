"""Denoise the benchmark blocks of SIDD and write the files that its sites score."""

from cbsn_pipeline.pipelines.submit_sidd.pipeline import create_pipeline

__all__ = ["create_pipeline"]
