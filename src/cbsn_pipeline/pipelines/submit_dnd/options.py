"""What can be chosen when making a submission."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cbsn_pipeline.cbsn.options import Restitution


class SubmitDndOptions(BaseModel):
    """Options of submit_dnd; conf/base/parameters_submit_dnd.yml has the values.

    Attributes:
        num_images: Images of the data set; another number of them is refused.
        num_boxes: Crops per image; another number of them is refused.
        crop_size: Height and width of a crop, in pixels; another size is refused.
        context: ``crop`` denoises each crop on its own, with its own statistics, as
            DND's kit hands crops to a denoiser. ``image`` denoises the whole image,
            with its statistics, and cuts the boxes then, as C-BSN's inference does
            with photographs.
        padding: Pixels reflected at the edges; None is the released 32.
        weights: ``raw``, those of the last step, or ``ema``, their moving average.
        restitution: Give back tone and colour that the network took: ``auto``, ``off``
            (the network alone, as published), or a window and a strength.
        zip: Whether to put the files into one archive too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_images: int = Field(50, ge=1)
    num_boxes: int = Field(20, ge=1)
    crop_size: int = Field(512, ge=1)
    context: Literal["crop", "image"] = "crop"
    padding: int | None = Field(None, ge=0)
    weights: Literal["raw", "ema"] = "raw"
    restitution: Restitution = "auto"
    zip: bool = True
