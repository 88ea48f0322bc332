"""Cut a long axis into tiles whose cores cover it once and whose margins overlap."""

from itertools import pairwise
from typing import NamedTuple


class TileSpan(NamedTuple):
    """One tile along one axis, in pixels; every stop is exclusive."""

    core_start: int
    core_stop: int
    read_start: int
    read_stop: int

    @property
    def core(self) -> slice:
        """Where the tile's result goes."""
        return slice(self.core_start, self.core_stop)

    @property
    def read(self) -> slice:
        """What has to be read to compute the core."""
        return slice(self.read_start, self.read_stop)

    @property
    def core_in_read(self) -> slice:
        """Where the core lies in what was read."""
        return slice(
            self.core_start - self.read_start, self.core_stop - self.read_start
        )


def tile_spans(length: int, *, tile: int, margin: int, unit: int = 1) -> list[TileSpan]:
    """Divide an axis into cores of at most ``tile`` pixels, as equal as possible.

    Args:
        length: Pixels along the axis, at least 1.
        tile: Largest core, pixels, at least 1.
        margin: Pixels to read beyond each side of the core, where there are any; a
            multiple of ``unit``.
        unit: Every edge is a multiple of this, and so must ``length`` be.

    Returns:
        Spans in order; the cores cover every pixel exactly once.

    Raises:
        ValueError: length or tile is below 1, or margin below 0, or length or margin
            is not a multiple of ``unit``.
    """
    if length < 1 or tile < 1 or margin < 0:
        raise ValueError(
            f"Cannot tile {length} pixels by {tile} with a margin of {margin}: length "
            "and tile must be at least 1, margin at least 0."
        )
    if length % unit or margin % unit:
        raise ValueError(
            f"Cannot tile {length} pixels with a margin of {margin} in steps of "
            f"{unit}: both must be multiples of it."
        )
    units = length // unit
    count = -(-units // max(tile // unit, 1))
    edges = [units * index // count * unit for index in range(count + 1)]
    return [
        TileSpan(start, stop, max(0, start - margin), min(length, stop + margin))
        for start, stop in pairwise(edges)
    ]
