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
        strength: 1 for what the denoiser makes, 0 for the photograph as it is, a share
            of its grain in between.
        format: Of what is written: ``same`` as the photograph (PNG for what is not
            written, TIFF for camera raw), ``png``, ``jpeg`` or ``tiff``.
        jpeg_quality: Of a JPEG, 1 to 100.
        compared_photos: How many photographs the sheet before_after.png shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    padding: int | None = Field(None, ge=0)
    weights: Literal["raw", "ema"] = "raw"
    restitution: Restitution = "auto"
    strength: float = Field(1.0, ge=0, le=1)
    format: Literal["same", "png", "jpeg", "tiff"] = "same"
    jpeg_quality: int = Field(95, ge=1, le=100)
    compared_photos: int = Field(3, ge=0)
