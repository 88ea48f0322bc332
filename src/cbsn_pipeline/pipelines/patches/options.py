"""Options of the patches."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt


class PatchOptions(BaseModel):
    """Which patches to cut, and how to store them.

    Attributes:
        patch_size: Height and width, in pixels.
        stride: From one patch to the next, in pixels.
        border: Pixels left out on each side of an image.
        compression: ``lzf`` (fast), ``gzip`` (smaller) or None. Noise compresses badly:
            a tenth to a third is saved, and reading becomes slower.
        workers: Threads that decode; ``auto`` for all cores. Not part of the
            fingerprint: the result is the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patch_size: PositiveInt = 256
    stride: PositiveInt = 200
    border: NonNegativeInt = 10
    compression: Literal["lzf", "gzip"] | None = None
    workers: PositiveInt | Literal["auto"] = "auto"
