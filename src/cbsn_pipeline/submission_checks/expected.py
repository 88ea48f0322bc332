"""What a submission is checked against: its kind, and how much must be in it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["kaggle", "legacy_cell", "legacy_array", "dnd"]


@dataclass(frozen=True)
class Expected:
    """What a submission has to be.

    Attributes:
        kind: Its format; ``auto`` to find out.
        grid: Images of SIDD, and blocks of each.
        dnd_grid: Images of DND, and crops of each.
        crop_size: Height and width of a crop of DND, in pixels.
    """

    kind: Kind | Literal["auto"]
    grid: tuple[int, int]
    dnd_grid: tuple[int, int]
    crop_size: int
