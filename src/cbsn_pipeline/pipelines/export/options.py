"""What can be chosen when a denoiser is exported and measured."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ExportOptions(BaseModel):
    """Options of the stage; conf/base/parameters_export.yml has the values.

    Attributes:
        weights: ``raw``, those of the last step, or ``ema``, their moving average.
        side: Height and width of the picture that is timed, in pixels.
        rounds: How often every method denoises it; the median counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Literal["raw", "ema"] = "raw"
    side: int = Field(512, ge=64)
    rounds: int = Field(3, ge=1)
