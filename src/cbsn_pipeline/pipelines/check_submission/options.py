"""What can be chosen when checking a submission."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CheckSubmissionOptions(BaseModel):
    """Options of the stage; conf/base/parameters_check_submission.yml has the values.

    Attributes:
        kind: ``kaggle`` (CSV), ``legacy_cell`` and ``legacy_array`` (SubmitSrgb.mat of
            the MATLAB and of the Python kit), ``dnd`` (bundled files); ``auto`` tells
            them apart by their content.
        num_images: Images of SIDD's benchmark; another number must be declared.
        num_blocks: Blocks of each.
        dnd_num_images: Images of DND.
        dnd_num_boxes: Crops of each.
        dnd_crop_size: Height and width of a crop, in pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["auto", "kaggle", "legacy_cell", "legacy_array", "dnd"] = "auto"
    num_images: int = Field(40, ge=1)
    num_blocks: int = Field(32, ge=1)
    dnd_num_images: int = Field(50, ge=1)
    dnd_num_boxes: int = Field(20, ge=1)
    dnd_crop_size: int = Field(512, ge=16)

    @property
    def grid(self) -> tuple[int, int]:
        """Images and blocks of SIDD."""
        return self.num_images, self.num_blocks

    @property
    def dnd_grid(self) -> tuple[int, int]:
        """Images and crops of DND."""
        return self.dnd_num_images, self.dnd_num_boxes
