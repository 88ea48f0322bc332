"""Patches: cut the noisy images into what training draws from."""

from cbsn_pipeline.pipelines.patches.pipeline import create_pipeline

__all__ = ["create_pipeline"]
