"""What can be chosen when denoising photographs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cbsn_pipeline.cbsn.options import Restitution


class DenoiseOptions(BaseModel):
    """Options of the denoise stage; conf/base/parameters_denoise.yml has the values.

    Attributes:
        padding: Pixels reflected at the edges; None is the released 32.
        weights: ``raw``, those of the last step, or ``ema``, their moving average.
        restitution: Give back tone and colour that the network took: ``auto`` chooses
            window and strength for every photograph, ``off`` is the network alone.
        compared_photos: How many photographs the sheet before_after.png shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    padding: int | None = Field(None, ge=0)
    weights: Literal["raw", "ema"] = "raw"
    restitution: Restitution = "auto"
    compared_photos: int = Field(3, ge=0)
