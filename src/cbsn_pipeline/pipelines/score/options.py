"""What can be chosen when two sets of images are scored."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ScoreOptions(BaseModel):
    """Options of the score stage; conf/base/parameters_score.yml has the values.

    Attributes:
        denoised_suffix: Only files whose name ends in this before its ".png" are
            denoised images; it is left out when names are compared.
        clean_suffix: The same for clean images.
        allow_unpaired: Whether images without a partner are left out instead of
            refused.
        workers: Threads that score; ``auto`` takes one per core.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    denoised_suffix: str = ""
    clean_suffix: str = ""
    allow_unpaired: bool = False
    workers: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
