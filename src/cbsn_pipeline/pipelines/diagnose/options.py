"""What can be chosen when noise is diagnosed."""

from pydantic import BaseModel, ConfigDict, PositiveInt


class DiagnoseOptions(BaseModel):
    """Options of the diagnose stage.

    Attributes:
        most_photos: How many are measured, evenly spread over all that are there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    most_photos: PositiveInt = 40
