"""What a denoiser says about its making."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Provenance(BaseModel):
    """Where a denoiser comes from; saved with its weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_digest: str = ""
    """Digest of the manifest it was trained on."""
    data_kind: str = ""
    """Kind of those images, e.g. ``sidd_medium``."""
    steps: int = 0
    """Optimiser steps taken."""
    trained_on: tuple[str, ...] = ()
    """``pixel_sha256`` of every training image."""
    options: dict[str, Any] = {}
    """The training options."""
    imported: dict[str, Any] = {}
    """Of weights that were not trained here: what they are, and of which files."""
