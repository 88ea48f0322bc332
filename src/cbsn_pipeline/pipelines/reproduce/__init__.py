"""Stage reproduce: a training, its scores, and a card that proves both."""

from cbsn_pipeline.pipelines.reproduce.pipeline import (
    create_pipeline,
    create_site_pipeline,
)

__all__ = ["create_pipeline", "create_site_pipeline"]
