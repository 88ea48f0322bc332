r"""Restitution: give back the tone and colour that the network took with the noise.

Most of a small network's error is slow: shifted tone, washed-out colour. The noisy
picture itself knows both, since noise is fast: over a window of a few dozen pixels it
averages out. So the slow part of what the network took away, the residue
:math:`r = x - f(x)`, is given back:

.. math:: y = f(x) + s \, G_{k/6} * \mathrm{median}_k(r)

with a median over windows of k x k pixels, a Gaussian of sigma k / 6 that makes it
smooth, and a strength s.

**Why a median.** A camera makes sRGB from noisy linear light by a bent tone curve and
clips at black. A bent curve shifts means (those of SIDD's noisy blocks are off by four
levels) but not medians: the median of the curve's output is the curve of the median.
The mean of the residue in place of its median costs 1 to 2 dB on real blocks.

**Which window.** A small one gives noise back, a large one loses colour; the best
depends on the noise and on the network. No truth is needed to choose: a median over a
window whose centre is left out knows nothing of the noise in the centre, so the window
that predicts the residue of the centre best is the one whose medians are most tone and
least noise (:func:`choose_restitution`). A network that loses nothing leaves nothing to
predict, and then nothing is given back.

**Which pixels.** Neighbouring pixels share their noise, so that some ninety of a window
tell as much as all. They lie on a square lattice turned by a knight's move, which meets
all places of a camera's colour filter equally often, 2 x 2 (Bayer) and 6 x 6 (X-Trans).
Every second pixel met one of four, and lost 4 and 1.5 dB on two of 20 images: the noise
of the four places has different medians.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cbsn_pipeline.cbsn.options import RestitutionSetting
from cbsn_pipeline.imaging.local_median import (
    Rows,
    median_grid,
    median_rows,
    slow_rows,
)
from cbsn_pipeline.threads import map_in_order, num_cores

WINDOWS = (25, 33, 49, 65, 97, 161, 241)  # pixels, odd: what ``auto`` chooses from
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
CORRELATED = 5  # pixels: noise further away tells nothing of a pixel's (SIDD, PolyU)
PART, PARTS = 256, 4  # pixels and number per side of what is looked at to choose
REGIONS = 4  # per side of a part, told apart to judge chance
CERTAIN = 1.0  # standard errors that a prediction must be better by

NOTHING = RestitutionSetting(window=WINDOWS[-1], strength=0.0)


class Restituted(NamedTuple):
    """A picture with its tone and colour given back."""

    image: Tensor
    """(3, H, W), intensity in [0, 1] or a little beyond."""
    setting: RestitutionSetting
    """What was used."""
    tone: float
    """Root mean square of the tone (mean over channels) given back, 0..1."""
    colour: float
    """Root mean square of the colour (channels less tone) given back, 0..1."""


class GiveBack:
    """Gives tone and colour back from top to bottom, and counts how much.

    Args:
        setting: Window and strength.
        shape: Of the picture, (H, W, 3).
    """

    def __init__(
        self, setting: RestitutionSetting, shape: tuple[int, int, int]
    ) -> None:
        self.setting = setting
        self._shape = shape
        self._tone = self._colour = 0.0  # sums of squares

    def rows(self, pairs: Iterable[tuple[Rows, Rows]]) -> Iterator[Rows]:
        """Restitute the whole picture, once.

        Args:
            pairs: Noisy and denoised rows, (h, W, 3) both, intensity in [0, 1].

        Yields:
            The denoised rows with tone and colour; in other pieces, some rows late.
        """
        if self.setting.strength == 0.0:
            yield from (denoised for _, denoised in pairs)
            return
        waiting: deque[Rows] = deque()
        residue = _take_residue(pairs, waiting)
        strength = np.float32(self.setting.strength)
        for unscaled in slow_rows(residue, self._shape, self.setting.window):
            slow = strength * unscaled
            self._count(slow)
            _add_first(waiting, slow)
            yield slow

    @property
    def tone(self) -> float:
        """Root mean square of the tone (mean over channels) given back, 0..1."""
        height, width, _ = self._shape
        return float(np.sqrt(self._tone / (height * width)))

    @property
    def colour(self) -> float:
        """Root mean square of the colour (channels less tone) given back, 0..1."""
        return float(np.sqrt(self._colour / np.prod(self._shape, dtype=float)))

    def _count(self, slow: Rows) -> None:
        channels = np.moveaxis(slow, 2, 0)
        tone = sum(channels) / len(channels)
        self._tone += float(np.square(tone).sum())
        self._colour += sum(float(np.square(c - tone).sum()) for c in channels)


def restitute(
    noisy: Tensor, denoised: Tensor, restitution: Literal["auto"] | RestitutionSetting
) -> Restituted:
    """Give back tone and colour.

    Args:
        noisy: What the network was given, (3, H, W), intensity in [0, 1], on the CPU.
        denoised: What it made of it; same shape.
        restitution: Window and strength, or ``auto`` to choose them.

    Returns:
        The picture, what was used, and how much was given back.
    """
    setting = restitution
    if setting == "auto":
        setting = choose_restitution(noisy - denoised)
    before, after = _to_rows(noisy), _to_rows(denoised)
    giving = GiveBack(setting, before.shape)
    image = _from_rows(giving.rows([(before, after)]))
    return Restituted(image, setting, giving.tone, giving.colour)


def slow_part(residue: Tensor, window: int) -> Tensor:
    """Take the smoothed local median.

    Args:
        residue: (C, H, W), any unit.
        window: Side of the median's window, pixels.

    Returns:
        Same shape and unit. Edges are reflected.
    """
    rows = _to_rows(residue)
    return _from_rows(slow_rows([rows], rows.shape, window))


def choose_restitution(residue: Tensor) -> RestitutionSetting:
    """Choose window and strength by predicting pixels that are left out.

    For every window the median around a hole of the noise's correlation length
    predicts the residue inside; the setting with the smallest mean absolute error
    wins, provided that it beats giving back nothing by more than chance: by a
    standard error over regions of the picture. The widest windows are for a tone that
    is wrong all over: they hardly bring noise back.

    Args:
        residue: Noisy minus denoised, (C, H, W).

    Returns:
        The setting; strength 0 where nothing is worth giving back.
    """
    rows = _to_rows(residue)
    return choose_by_parts([rows[place] for place in spread_parts(rows.shape[:2])])


def spread_parts(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    """Place the parts that are looked at to choose: evenly spread.

    Args:
        shape: Of the picture, (H, W); a small one is its own part.

    Returns:
        Rows and columns of each.
    """
    starts = [_spread_starts(length) for length in shape]
    return [
        (slice(top, min(top + PART, shape[0])), slice(left, min(left + PART, shape[1])))
        for top, left in product(*starts)
    ]


def choose_by_parts(parts: Sequence[Rows]) -> RestitutionSetting:
    """Choose as :func:`choose_restitution` does.

    Args:
        parts: Noisy minus denoised at :func:`spread_parts`, each (h, w, C).
    """
    windows = [window for window in WINDOWS if window <= min(parts[0].shape[:2])]
    # a larger one, reflected, would see every pixel several times
    settings = [NOTHING] + [
        RestitutionSetting(window=window, strength=strength)
        for window, strength in product(windows, STRENGTHS)
    ]
    judge = partial(_errors, windows=windows)
    judged = map_in_order(judge, parts, workers=num_cores())
    errors = np.concatenate(list(judged), axis=1)
    best = int(errors.mean(1).argmin())
    gain = errors[0] - errors[best]
    chance = gain.std() / gain.size**0.5
    return settings[best] if gain.mean() > CERTAIN * chance else NOTHING


def _take_residue(
    pairs: Iterable[tuple[Rows, Rows]], waiting: deque[Rows]
) -> Iterator[Rows]:
    """Subtract denoised rows, and let them wait."""
    for noisy, denoised in pairs:
        waiting.append(denoised)
        yield noisy - denoised


def _add_first(waiting: deque[Rows], rows: Rows) -> None:
    """Add what waits, first come first served, to ``rows`` in place."""
    done = 0
    while done < len(rows):
        first = waiting.popleft()
        count = min(len(first), len(rows) - done)
        rows[done : done + count] += first[:count]
        if count < len(first):
            waiting.appendleft(first[count:])
        done += count


def _spread_starts(length: int) -> list[int]:
    number = min(PARTS, -(-length // PART))
    last = max(length - PART, 0)
    return [last * place // max(number - 1, 1) for place in range(number)]


def _errors(part: Rows, windows: Sequence[int]) -> NDArray[np.float32]:
    """Say how well settings predict a part, (1 + settings, regions); nothing first."""
    error = np.abs(part)
    found = [_by_region(error)]
    for window in windows:
        prediction = _predict(part, window)
        for strength in STRENGTHS:
            error = np.multiply(prediction, np.float32(-strength), out=error)
            error += part
            found.append(_by_region(np.abs(error, out=error)))
    return np.stack(found)


def _predict(residue: Rows, window: int) -> Rows:
    """Predict every pixel of (h, w, C) from a window less a hole around it."""
    grid = median_grid(window)
    hole = CORRELATED + grid // 2
    medians = np.stack(list(median_rows([residue], residue.shape, window, hole=hole)))
    near = medians.repeat(grid, axis=0).repeat(grid, axis=1)
    return near[: residue.shape[0], : residue.shape[1]]


def _by_region(errors: Rows) -> NDArray[np.float32]:
    """Mean of (h, w, C) in each of up to 4 x 4 regions, as a vector."""
    places = product(*(_regions(length) for length in errors.shape[:2]))
    return np.array([errors[place].mean() for place in places], np.float32)


def _regions(length: int) -> list[slice]:
    number = min(REGIONS, length)
    return [
        slice(place * length // number, -(-(place + 1) * length // number))
        for place in range(number)
    ]


def _to_rows(x: Tensor) -> Rows:
    """(C, H, W) to (H, W, C)."""
    return x.permute(1, 2, 0).numpy()


def _from_rows(rows: Iterable[Rows]) -> Tensor:
    """(h, W, C) by (h, W, C) to (C, H, W)."""
    return torch.from_numpy(np.concatenate(list(rows))).permute(2, 0, 1)
