"""The pairs that a student learns from; the step number alone decides them."""

from types import EllipsisType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from cbsn_pipeline.distillation.noise import LEVELS, noise_levels
from cbsn_pipeline.distillation.options import StudentOptions
from cbsn_pipeline.distillation.targets import QUARTER_TURNS, SYMMETRIES

STRONGEST = 5.0  # noise is not scaled up or down by more: the levels are estimates
WHITE = 255.0


class Pair(NamedTuple):
    """What the student sees, and what it should answer."""

    noisy: Tensor
    """(B, 3, crop, crop), intensity in [0, 1]."""
    wanted: Tensor
    """Same shape and unit."""


class Pairs:
    """Real and transplanted pairs.

    Args:
        noisy: Patches, (N, 3, P, P), uint8, or floating point in [0, 1].
        targets: What a teacher made of them, (N, 3, P, P), floating point in [0, 1].
        groups: (N,), int64: which image, or set of images with the same noise, a patch
            is of.
        options: Shares, sizes and seed.
        generation: Which student it is, from 0: each draws other pairs.

    Raises:
        ValueError: Patches are smaller than a crop, or there are none.
    """

    def __init__(
        self,
        noisy: Tensor,
        targets: Tensor,
        groups: Tensor,
        options: StudentOptions,
        *,
        generation: int = 0,
    ) -> None:
        _check(noisy, options)
        self._rounded = noisy.dtype == torch.uint8
        self._noisy, self._targets, self._groups = noisy, targets, groups
        self._options, self._generation = options, generation
        self._levels = noise_levels(self._unit(noisy), targets, groups)

    def __getitem__(self, step: int) -> Pair:
        """Make the batch of a step of this generation, counted from 0."""
        options = self._options
        rng = np.random.default_rng([options.seed, self._generation, step])
        pairs = [self._make(rng) for _ in range(options.batch_size)]
        noisy, wanted = (torch.stack(part) for part in zip(*pairs, strict=True))
        return Pair(noisy, wanted)

    def _make(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        if rng.random() < self._options.real:
            return self._make_real(rng)
        return self._transplant(rng)

    def _make_real(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        index, place = self._draw_crop(rng, self._options.crop_size)
        symmetry = int(rng.integers(SYMMETRIES))
        noisy = self._unit(self._noisy[index][place])
        wanted = self._targets[index][place].float()
        return _turn(noisy, symmetry), _turn(wanted, symmetry)

    def _transplant(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Put the noise of one patch on the scene of another."""
        scene = self._draw_scene(rng)
        donor, place = self._draw_crop(rng, self._options.crop_size)
        behind = self._targets[donor][place].float()
        noise = self._unit(self._noisy[donor][place]) - behind
        levels = self._levels[self._groups[donor]]
        strength = _look_up(levels, scene) / _look_up(levels, behind)
        noisy = scene + noise * strength.clamp(1 / STRONGEST, STRONGEST)
        noisy = noisy.clamp(0, 1)  # as the sensor and the file do
        return (noisy * WHITE).round() / WHITE if self._rounded else noisy, scene

    def _draw_scene(self, rng: np.random.Generator) -> Tensor:
        """Cut a scene from the targets: turned or mirrored, sometimes half as large.

        The noise keeps its direction, as a camera's does.
        """
        size, side = self._options.crop_size, self._targets.shape[-1]
        halved = rng.random() < self._options.halved and side >= 2 * size
        index, place = self._draw_crop(rng, 2 * size if halved else size)
        scene = self._targets[index][place].float()
        scene = avg_pool2d(scene, 2) if halved else scene
        return _turn(scene, int(rng.integers(SYMMETRIES)))

    def _draw_crop(
        self, rng: np.random.Generator, size: int
    ) -> tuple[int, tuple[EllipsisType, slice, slice]]:
        """Draw a patch and a place in it."""
        count, _, height, width = self._targets.shape
        index = int(rng.integers(count))
        top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
        return index, (..., slice(top, top + size), slice(left, left + size))

    def _unit(self, noisy: Tensor) -> Tensor:
        return noisy.float() / WHITE if self._rounded else noisy.float()


def _look_up(levels: Tensor, intensity: Tensor) -> Tensor:
    """Find the noise level of every pixel of (3, H, W) in a table (3, 256)."""
    places = (intensity * (LEVELS - 1)).clamp(0, LEVELS - 1).long()
    return levels.gather(1, places.flatten(1)).view_as(intensity)


def _turn(image: Tensor, symmetry: int) -> Tensor:
    """Turn or mirror (C, H, W) in one of eight ways."""
    mirrored, turns = divmod(symmetry, QUARTER_TURNS)
    return torch.rot90(image.flip(-1) if mirrored else image, turns, (-2, -1))


def _check(noisy: Tensor, options: StudentOptions) -> None:
    if len(noisy) == 0:
        raise ValueError("There are no patches for a student to learn from.")
    height, width = noisy.shape[-2:]
    if min(height, width) < options.crop_size:
        raise ValueError(
            f"Patches of {height} x {width} pixels are smaller than student.crop_size "
            f"{options.crop_size}: lower it, or raise patches.patch_size."
        )
