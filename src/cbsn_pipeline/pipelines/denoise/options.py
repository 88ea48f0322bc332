"""What can be chosen when denoising photographs."""

from pydantic import BaseModel, ConfigDict, Field


class DenoiseOptions(BaseModel):
    """Options of the denoise stage; conf/base/parameters_denoise.yml has the values.

    Attributes:
        padding: Pixels reflected at the edges; None is the released 32.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    padding: int | None = Field(None, ge=0)
