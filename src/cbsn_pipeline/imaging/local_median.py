"""The smoothed local median of a picture, made from top to bottom.

A median is taken of the window around every few pixels, blurred, and interpolated. Rows
come and go in pieces of any size, so a picture need not be in memory whole, and what
comes out does not depend on the pieces.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]  # (h, W, C), the next rows of a picture

PIXELS_OF_WINDOW = 90  # that a median is taken of
# Steps of square lattices; one odd, one even and no common divisor: such a lattice is
# spread equally over the 2 x 2 and 6 x 6 places of colour filters
KNIGHTS_MOVES = ((1, 0), (2, 1), (3, 2), (4, 1), (5, 2), (7, 2), (10, 3), (16, 5))


def slow_rows(
    chunks: Iterable[Rows], shape: tuple[int, int, int], window: int
) -> Iterator[Rows]:
    """Take the smoothed local median.

    Args:
        chunks: The picture, any unit; some rows at a time.
        shape: Of the whole picture, (H, W, C).
        window: Side of the median's window, pixels.

    Yields:
        All H rows in order, each (h, W, C), same unit. Edges are reflected.
    """
    grid = median_grid(window)
    counts = _count(shape[0], grid), _count(shape[1], grid)
    medians = median_rows(chunks, shape, window)
    smooth = _blurred(medians, counts, sigma=window / 6 / grid)
    return _interpolated(smooth, shape, grid)


def median_grid(window: int) -> int:
    """Pixels between medians: the Gaussian's sigma, finer would not be seen."""
    return max(1, window // 6)


def median_rows(
    chunks: Iterable[Rows],
    shape: tuple[int, int, int],
    window: int,
    *,
    hole: int | None = None,
) -> Iterator[Rows]:
    """Take the median of the window around every ``median_grid``-th pixel.

    Args:
        chunks: The picture, some rows at a time.
        shape: Of the whole picture, (H, W, C).
        window: Side of the window, pixels.
        hole: Pixels up to this distance from the centre are left out.

    Yields:
        ceil(H / grid) rows, each (ceil(W / grid), C); the first window is centred at
        grid // 2. Of an even number of pixels the lower of the middle two.
    """
    grid, radius = median_grid(window), window // 2
    height = shape[0]
    places = _places_in_window(shape, window, hole)
    middle = (places.shape[-1] - 1) // 2
    reflected = _reflected(height, radius + grid)
    held, first, row = np.empty((0, *shape[1:]), np.float32), 0, 0
    for chunk in chunks:
        held = np.concatenate([held, chunk])
        end = first + len(held)
        while row < _count(height, grid):
            top = row * grid + grid // 2 - radius
            if end < height and top + window > end:
                break
            numbers = reflected[top + radius + grid :][:window] - first
            inside = top >= 0 and top + window <= height
            seen = held[top - first :][:window] if inside else held[numbers]
            values = seen.reshape(-1).take(places)
            values.partition(middle, axis=-1)
            yield np.ascontiguousarray(values[..., middle].T)
            row += 1
        # what the next window sees, or its reflection at the lower edge
        needed = min(row * grid + grid // 2 - radius, end - 1 - radius - grid)
        held, first = held[max(needed - first, 0) :], max(needed, first)


def sampled_places(window: int) -> NDArray[np.bool_]:
    """Say which pixels of a window are looked at, (window, window)."""
    wanted = window**2 / PIXELS_OF_WINDOW
    p, q = min(KNIGHTS_MOVES, key=lambda move: abs(math.log(_area(move) / wanted)))
    rows, columns = np.indices((window, window)) - window // 2
    along, across = p * columns + q * rows, p * rows - q * columns
    on_lattice: NDArray[np.bool_] = (along % _area((p, q)) == 0) & (
        across % _area((p, q)) == 0
    )
    return on_lattice


def _places_in_window(
    shape: tuple[int, int, int], window: int, hole: int | None
) -> NDArray[np.intp]:
    """Index what the medians of a row are of, (C, columns, N), in (window, W, C)."""
    _, width, channels = shape
    grid, radius = median_grid(window), window // 2
    sampled = sampled_places(window)
    if hole is not None:
        near = slice(radius - hole, radius + hole + 1)
        sampled[near, near] = False
    down, along = np.nonzero(sampled)
    begins = np.arange(_count(width, grid)) * grid + grid // 2 + grid
    columns = _reflected(width, radius + grid)[begins[:, None] + along]
    pixels: NDArray[np.intp] = (down * width + columns) * channels
    return pixels + np.arange(channels)[:, None, None]


def _area(move: tuple[int, int]) -> int:
    """Pixels of the picture for each one of the lattice."""
    return move[0] ** 2 + move[1] ** 2


def _count(length: int, grid: int) -> int:
    """Medians along an axis."""
    return -(-length // grid)


def _reflected(length: int, edge: int) -> NDArray[np.intp]:
    """Number what is seen along an axis whose edges are reflected."""
    return np.pad(np.arange(length), edge, mode="reflect")


def _blurred(
    rows: Iterable[Rows], counts: tuple[int, int], sigma: float
) -> Iterator[Rows]:
    """Blur (columns, C) by (columns, C) with a Gaussian; edges are reflected."""
    radius = max(1, round(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights = (kernel / kernel.sum()).astype(np.float32)
    down, along = (_reflected(count, radius) for count in counts)
    held: dict[int, Rows] = {}
    done = 0
    for number, row in enumerate(rows):
        padded = row[along]
        held[number] = _weighted(
            weights, (padded[shift:][: len(row)] for shift in range(len(weights)))
        )
        while done < counts[0] and (done + radius <= number or number + 1 == counts[0]):
            yield _weighted(weights, (held[n] for n in down[done:][: len(weights)]))
            done += 1
            held.pop(done - radius - 1, None)


def _weighted(weights: NDArray[np.float32], parts: Iterable[Rows]) -> Rows:
    total: Rows = sum(w * part for w, part in zip(weights, parts, strict=True))
    return total


def _interpolated(
    rows: Iterable[Rows], shape: tuple[int, int, int], grid: int
) -> Iterator[Rows]:
    """Interpolate medians ``grid`` pixels apart; the outermost hold to the edges."""
    above, share = _between(shape[0], grid)
    left, weight = _between(shape[1], grid)
    right = np.minimum(left + 1, _count(shape[1], grid) - 1)
    starts = np.searchsorted(above, np.arange(_count(shape[0], grid) + 1))
    upper: Rows | None = None
    number = -1
    for number, row in enumerate(rows):
        lower = _mixed(row[left], row[right], weight[:, None])
        if upper is not None:
            part = share[starts[number - 1] : starts[number], None, None]
            yield _mixed(upper, lower, part)
        upper = lower
    if upper is not None:
        yield np.repeat(upper[None], shape[0] - starts[number], axis=0)


def _mixed(one: Rows, other: Rows, share: NDArray[np.float32]) -> Rows:
    mixed: Rows = one * (1 - share) + other * share
    return mixed


def _between(length: int, grid: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Say for every pixel which median is before it, and its distance in steps."""
    place = np.maximum((np.arange(length) + 0.5) / grid - 0.5, 0)
    before = np.floor(place).astype(np.intp)
    return before, (place - before).astype(np.float32)
