"""What can be chosen when weights are imported."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Size = Annotated[int, Field(ge=1)] | Literal["auto"]


class ImportOptions(BaseModel):
    """Options of the stage; conf/base/parameters_import_official.yml has the values.

    Attributes:
        channels: Width of the network; ``auto`` reads it off the checkpoint.
        blocks: Dilated blocks per branch; ``auto`` counts them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: Size = "auto"
    blocks: Size = "auto"
