"""Options of the network and its losses; light to import, without torch."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class NetworkOptions(BaseModel):
    """Size of the network; a checkpoint carries it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: Annotated[int, Field(ge=1)] = 128
    """Width of both branches."""
    blocks: Annotated[int, Field(ge=1)] = 9
    """Dilated blocks (DCM) per branch: they set the receptive field."""


class LossOptions(BaseModel):
    """Strides and weights of the loss; the released ones by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blind_stride: Annotated[int, Field(ge=1)] = 5
    """Pixels between neighbours in the blind term: beyond the noise's correlation."""
    invariance_stride: Annotated[int, Field(ge=1)] = 2
    """Side of the cells of the random subsampler."""
    invariance_weight: Annotated[float, Field(ge=0)] = 2.0
    """lambda of the paper."""
    visible_weight: Annotated[float, Field(ge=0)] = 1.0
    """Of the visible term. With 0 here and for the invariance, only the blind network
    is trained."""
    subsampler: Literal["random", "unshuffle"] = "random"
    """``random``: every cell picks its own pixel. ``unshuffle``: all cells of a crop
    pick the same one, which gives a sub-image of a pixel-unshuffle."""
