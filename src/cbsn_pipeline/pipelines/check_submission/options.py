"""What can be chosen when checking a submission."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cbsn_pipeline.submission_checks.expected import Expected, Kind


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

    kind: Kind | Literal["auto"] = "auto"
    num_images: int = Field(40, ge=1)
    num_blocks: int = Field(32, ge=1)
    dnd_num_images: int = Field(50, ge=1)
    dnd_num_boxes: int = Field(20, ge=1)
    dnd_crop_size: int = Field(512, ge=16)

    def expected(self) -> Expected:
        """What a submission is checked against."""
        return Expected(
            kind=self.kind,
            grid=(self.num_images, self.num_blocks),
            dnd_grid=(self.dnd_num_images, self.dnd_num_boxes),
            crop_size=self.dnd_crop_size,
        )
