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

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, conv1d, interpolate

from cbsn_pipeline.cbsn.options import RestitutionSetting
from cbsn_pipeline.cbsn.padding import reflect

WINDOWS = (25, 33, 49, 65, 97, 161, 241)  # pixels, odd: what ``auto`` chooses from
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
CORRELATED = 5  # pixels: noise further away tells nothing of a pixel's (SIDD, PolyU)
PART, PARTS = 256, 4  # pixels and number per side of what is looked at to choose
REGIONS = 4  # per side of a part, told apart to judge chance
CERTAIN = 1.0  # standard errors that a prediction must be better by
PIXELS_OF_WINDOW = 90  # that a median is taken of
# Steps of square lattices; one odd, one even and no common divisor: such a lattice is
# spread equally over the 2 x 2 and 6 x 6 places of colour filters
KNIGHTS_MOVES = ((1, 0), (2, 1), (3, 2), (4, 1), (5, 2), (7, 2), (10, 3), (16, 5))
CHUNK_VALUES = 1 << 23  # copied out of windows at once


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
    residue = noisy - denoised
    setting = choose_restitution(residue) if restitution == "auto" else restitution
    if setting.strength == 0.0:
        return Restituted(denoised, setting, 0.0, 0.0)
    slow = setting.strength * slow_part(residue, setting.window)
    tone = slow.mean(0, keepdim=True)
    return Restituted(
        denoised + slow,
        setting,
        tone=_root_mean_square(tone),
        colour=_root_mean_square(slow - tone),
    )


def slow_part(residue: Tensor, window: int) -> Tensor:
    """Take the smoothed local median.

    Args:
        residue: (C, H, W), any unit.
        window: Side of the median's window, pixels.

    Returns:
        Same shape and unit. Edges are reflected.
    """
    height, width = residue.shape[-2:]
    grid = _grid(window)
    medians = _medians(residue, window, grid, hole=None)
    smooth = _blur(medians, sigma=window / 6 / grid)
    fine = interpolate(
        smooth[None], scale_factor=grid, mode="bilinear", align_corners=False
    )
    return fine[0, :, :height, :width]


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
    parts = _spread_parts(residue)
    nothing = torch.cat([_by_region(part.abs()) for part in parts])
    best, least = NOTHING, nothing
    for window in WINDOWS:
        if window > min(parts[0].shape[-2:]):
            break  # reflected, it would see every pixel several times
        predictions = [_predict(part, window) for part in parts]
        for strength in STRENGTHS:
            error = torch.cat(
                [
                    _by_region((part - strength * prediction).abs())
                    for part, prediction in zip(parts, predictions, strict=True)
                ]
            )
            if error.mean() < least.mean():
                best = RestitutionSetting(window=window, strength=strength)
                least = error
    gain = nothing - least
    chance = gain.std(correction=0) / gain.numel() ** 0.5
    return best if gain.mean() > CERTAIN * chance else NOTHING


def _spread_parts(residue: Tensor) -> list[Tensor]:
    """Cut a large picture down to parts, evenly spread; a small one is its own."""
    height, width = residue.shape[-2:]
    return [
        residue[:, top : top + PART, left : left + PART]
        for top in _spread_starts(height)
        for left in _spread_starts(width)
    ]


def _spread_starts(length: int) -> list[int]:
    number = min(PARTS, -(-length // PART))
    last = max(length - PART, 0)
    return [last * place // max(number - 1, 1) for place in range(number)]


def _predict(residue: Tensor, window: int) -> Tensor:
    """Predict every pixel of (C, H, W) from a window less a hole around it."""
    grid = _grid(window)
    medians = _medians(residue, window, grid, hole=CORRELATED + grid // 2)
    near = medians.repeat_interleave(grid, dim=1).repeat_interleave(grid, dim=2)
    return near[:, : residue.shape[1], : residue.shape[2]]


def _grid(window: int) -> int:
    """Pixels between medians: the Gaussian's sigma, finer would not be seen."""
    return max(1, window // 6)


def _medians(residue: Tensor, window: int, spacing: int, hole: int | None) -> Tensor:
    """Median of the window around every ``spacing``-th pixel.

    Args:
        residue: (C, H, W).
        window: Side of the window.
        spacing: Pixels between neighbouring windows; the first is at spacing // 2.
        hole: Pixels up to this distance from the centre are left out.

    Returns:
        (C, ceil(H / spacing), ceil(W / spacing)).
    """
    sampled = _sampled_places(window)
    radius = window // 2
    if hole is not None:
        sampled[
            radius - hole : radius + hole + 1, radius - hole : radius + hole + 1
        ] = 0
    channels, height, width = residue.shape
    rows, columns = -(-height // spacing), -(-width // spacing)
    # the last windows may be centred beyond the picture: a spacing more is reflected
    begin = slice(spacing + spacing // 2, None)
    edge = (radius + spacing, radius + spacing)
    padded = reflect(residue, edge, edge)[:, begin, begin]
    windows = padded.unfold(1, window, spacing).unfold(2, window, spacing)
    windows = windows[:, :rows, :columns]
    at_once = max(1, CHUNK_VALUES // (channels * columns * int(sampled.sum())))
    return torch.cat(
        [
            chunk[..., sampled].median(dim=-1).values
            for chunk in torch.split(windows, at_once, dim=1)
        ],
        dim=1,
    )


def _sampled_places(window: int) -> Tensor:
    """Say which pixels of a window are looked at, (window, window), bool."""
    wanted = window**2 / PIXELS_OF_WINDOW
    p, q = min(KNIGHTS_MOVES, key=lambda move: abs(math.log(_area(move) / wanted)))
    places = torch.arange(window) - window // 2
    rows, columns = places[:, None], places[None]
    area = p * p + q * q
    along, across = p * columns + q * rows, p * rows - q * columns
    return (along % area == 0) & (across % area == 0)


def _area(move: tuple[int, int]) -> int:
    """Pixels of the picture for each one of the lattice."""
    return move[0] ** 2 + move[1] ** 2


def _blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (C, H, W) with reflected edges."""
    radius = max(1, round(3 * sigma))
    places = torch.arange(-radius, radius + 1, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = (kernel / kernel.sum())[None, None]
    padded = reflect(x, (radius, radius), (radius, radius))
    channels, height, width = padded.shape
    along = conv1d(padded.reshape(-1, 1, width), kernel).reshape(channels, height, -1)
    across = conv1d(along.transpose(1, 2).reshape(-1, 1, height), kernel)
    return across.reshape(channels, x.shape[2], -1).transpose(1, 2)


def _by_region(errors: Tensor) -> Tensor:
    """Mean of (C, h, w) in each of up to 4 x 4 regions, as a vector."""
    rows, columns = (min(REGIONS, size) for size in errors.shape[-2:])
    plane = errors.mean(0)[None, None]
    return adaptive_avg_pool2d(plane, (rows, columns)).flatten()


def _root_mean_square(x: Tensor) -> float:
    return float(x.square().mean().sqrt())
