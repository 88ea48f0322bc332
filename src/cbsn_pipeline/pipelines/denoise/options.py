"""What can be chosen when denoising photographs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DenoiseOptions(BaseModel):
    """Options of the denoise stage; conf/base/parameters_denoise.yml has the values.

    Attributes:
        padding: Pixels reflected at the edges; None is the released 32.
        weights: ``raw``, those of the last step, or ``ema``, their moving average.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    padding: int | None = Field(None, ge=0)
    weights: Literal["raw", "ema"] = "raw"
