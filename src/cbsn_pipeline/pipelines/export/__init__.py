"""Take a denoiser elsewhere: torch.export, ONNX, and what it costs to run."""

from cbsn_pipeline.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
