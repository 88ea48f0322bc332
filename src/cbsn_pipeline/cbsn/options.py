"""Options of the network, its losses and restitution; light to import, no torch."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator


class NetworkOptions(BaseModel):
    """Size of the network; a checkpoint carries it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: Annotated[int, Field(ge=1)] = 128
    """Width of both branches."""
    blocks: Annotated[int, Field(ge=1)] = 9
    """Dilated blocks (DCM) per branch: they set the receptive field."""


class UNetOptions(BaseModel):
    """Size of a student; a checkpoint carries it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    widths: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, max_length=6)
    ] = (32, 48, 64, 96)
    """Channels of each level, the finest (half the picture's sides) first."""


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


class RestitutionSetting(BaseModel):
    """How much is given back, and how smooth it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Annotated[int, Field(ge=3, le=257)]
    """Side of the median's window in pixels; odd."""
    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share that is given back; 0 is the network alone."""

    @field_validator("window")
    @classmethod
    def _is_odd(cls, window: int) -> int:
        if window % 2 == 0:
            raise ValueError(
                f"restitution.window is {window}: expected an odd number of pixels, "
                f"such as {window + 1}, since the window has a pixel at its centre."
            )
        return window


def _from_yaml(value: object) -> object:
    return "off" if value is False else value  # YAML reads the word off as false


Restitution = Annotated[
    Literal["auto", "off"] | RestitutionSetting, BeforeValidator(_from_yaml)
]
"""``auto`` chooses window and strength for each picture; ``off`` is the network alone;
or a :class:`RestitutionSetting`."""


def restitution_in_words(restitution: Restitution) -> str:
    """Say in reports what was done after the network.

    >>> restitution_in_words("off")
    'off: the network alone'
    >>> restitution_in_words(RestitutionSetting(window=33, strength=0.5))
    'window 33 pixels, strength 0.5'
    """
    if isinstance(restitution, RestitutionSetting):
        window, strength = restitution.window, restitution.strength
        return f"window {window} pixels, strength {strength:g}"
    if restitution == "off":
        return "off: the network alone"
    return "auto: window and strength chosen for every picture, without truth"
