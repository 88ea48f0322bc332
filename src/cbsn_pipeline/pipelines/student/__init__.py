"""Stage student: a C-BSN and its patches in, the denoiser to use out."""

from cbsn_pipeline.pipelines.student.pipeline import create_pipeline

__all__ = ["create_pipeline"]
