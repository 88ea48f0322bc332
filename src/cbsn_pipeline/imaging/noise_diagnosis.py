"""What the noise of a photograph is like, told from its flat places alone.

Cells in which nothing but noise is seen are those that vary least around a plane. Their
residue gives the level of the noise against brightness, and how far it is correlated:
against the truth of SIDD and PolyU correlations are right to about 0.05.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.noise_correlation import noise_autocorrelation

CELL = 32  # pixels
FLATTEST = 0.2  # of the cells
DARK, BRIGHT = 16 / 255, 240 / 255  # of the range; beyond, clipping hides the noise
MOST_CELLS = 20_000  # that are looked at; more, of large photographs, tell the same
FEWEST_CELLS = 50  # fewer are all scene: 256 x 256 pixels have 64
FEWEST_OF_STEP = 8  # of a step of brightness
LEVELS = 8  # steps of brightness
MAX_LAG = 10
CORRELATED = 0.1  # noise this much alike tells a blind spot what it must not know
JPEG_CELL = 8
RGB = ("red", "green", "blue")


@dataclass(frozen=True)
class NoiseDiagnosis:
    """What the noise of one photograph is like.

    Attributes:
        levels: (C, LEVELS) standard deviation of the noise by channel and brightness,
            of 255; NaN where no flat place is that bright.
        brightness: (LEVELS,) the middle of each step, of 255.
        correlation: (2, MAX_LAG), of columns and of rows, at lags 1, 2, ...
        clipped: Shares of values that are black and white.
        blocking: How much larger steps at the edges of JPEG's 8 x 8 blocks are than
            others: 1 for none.
        cells: How many flat places it was measured in.
    """

    levels: NDArray[np.float64]
    brightness: NDArray[np.float64]
    correlation: NDArray[np.float64]
    clipped: tuple[float, float]
    blocking: float
    cells: int

    @property
    def level(self) -> float:
        """Standard deviation of the noise, of 255: the median over channels and steps.

        0 where no step of brightness has enough places.
        """
        seen = self.levels[np.isfinite(self.levels)]
        return float(np.median(seen)) if seen.size else 0.0

    @property
    def stride(self) -> int | None:
        """The distance from which on values are independent; None if they never are."""
        return independent_from(self.correlation)

    def facts(self) -> dict[str, Any]:
        """Give all of it for JSON."""
        given = {k: np.round(v, 4).tolist() for k, v in asdict(self).items()}
        for channel in given["levels"]:
            channel[:] = [None if np.isnan(value) else value for value in channel]
        return given | {"level": round(self.level, 3), "stride": self.stride}


def independent_from(correlation: NDArray[np.float64]) -> int | None:
    """Find the smallest distance from which on no two values are much alike.

    Args:
        correlation: (2, lags), of columns and rows, at lags 1, 2, ...

    Returns:
        The lag; None if values are still alike at the largest one.
    """
    alike = np.flatnonzero(np.abs(correlation).max(axis=0) > CORRELATED)
    lag = 1 if not alike.size else int(alike[-1]) + 2
    return lag if lag <= correlation.shape[1] else None


def diagnose_noise(image: NDArray[Any]) -> NoiseDiagnosis:
    """Measure the noise of a photograph.

    Args:
        image: (H, W, 3), uint8 or uint16.

    Raises:
        ValueError: It has too few places that are neither black nor white.
    """
    white = float(np.iinfo(image.dtype).max)
    cells = _cells(image) * np.float32(255 / white)
    mean = cells.mean(axis=(1, 2, 3))
    cells = cells[(mean > 255 * DARK) & (mean < 255 * BRIGHT)]
    if len(cells) < FEWEST_CELLS:
        raise ValueError(
            f"{len(cells)} places of {CELL} x {CELL} pixels are neither black nor "
            f"white; expected {FEWEST_CELLS} at least. Is it too small, or all clipped?"
        )
    residue = cells - _planes(cells)
    variance = (residue**2).mean(axis=(1, 2, 3))
    flattest = np.argsort(variance)[: int(FLATTEST * len(cells))]
    levels, brightness = _levels(cells)
    return NoiseDiagnosis(
        levels=levels,
        brightness=brightness,
        correlation=_correlation(residue[flattest]),
        clipped=(float((image == 0).mean()), float((image == white).mean())),
        blocking=_blocking(image),
        cells=len(flattest),
    )


def _cells(image: NDArray[Any]) -> NDArray[np.float32]:
    """Cut an image into cells, at most so many, evenly spread: (N, CELL, CELL, 3)."""
    rows, columns = image.shape[0] // CELL, image.shape[1] // CELL
    cut = image[: rows * CELL, : columns * CELL]
    cells = cut.reshape(rows, CELL, columns, CELL, -1).transpose(0, 2, 1, 3, 4)
    cells = cells.reshape(rows * columns, CELL, CELL, image.shape[-1])
    return cells[:: 1 + len(cells) // MOST_CELLS].astype(np.float32)


def _planes(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fit a plane to every channel of every cell."""
    t = np.linspace(-1, 1, CELL, dtype=np.float32)
    one = np.ones_like(t)
    basis = np.stack([np.outer(one, one), np.outer(t, one), np.outer(one, t)])
    basis /= np.sqrt((basis**2).sum(axis=(1, 2), keepdims=True))
    weights = np.einsum("kij,nijc->nkc", basis, cells)
    planes: NDArray[np.float32] = np.einsum("kij,nkc->nijc", basis, weights)
    return planes


def _correlation(residue: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average over cells, each weighed by its energy."""
    each = np.array([noise_autocorrelation(cell, MAX_LAG) for cell in residue])
    energy = (residue**2).sum(axis=(1, 2, 3))
    if not energy.any():
        return np.zeros((2, MAX_LAG))
    mean: NDArray[np.float64] = np.average(each, axis=0, weights=energy)
    return mean


def _levels(
    cells: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take the flattest cells of each step of brightness, channel by channel."""
    edges = np.linspace(255 * DARK, 255 * BRIGHT, LEVELS + 1)
    levels = np.full((cells.shape[-1], LEVELS), np.nan)
    residue = cells - _planes(cells)
    mean, deviation = cells.mean(axis=(1, 2)), residue.std(axis=(1, 2))
    for channel in range(cells.shape[-1]):
        steps = np.digitize(mean[:, channel], edges) - 1
        for step in range(LEVELS):
            here = np.sort(deviation[steps == step, channel])
            if len(here) >= FEWEST_OF_STEP:
                flattest = here[: max(1, int(FLATTEST * len(here)))]
                levels[channel, step] = np.median(flattest)
    return levels, (edges[:-1] + edges[1:]) / 2


def _blocking(image: NDArray[Any]) -> float:
    """Compare steps between neighbours at edges of 8 x 8 blocks with the others."""
    luma = image.astype(np.float32).mean(axis=2)
    at, others = 0.0, 0.0
    for steps in (np.abs(np.diff(luma, axis=0)), np.abs(np.diff(luma, axis=1)).T):
        edge = np.arange(len(steps)) % JPEG_CELL == JPEG_CELL - 1
        at += float(steps[edge].mean()) if edge.any() else 0.0
        others += float(steps[~edge].mean())
    return at / others if others else 1.0
