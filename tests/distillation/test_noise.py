import numpy as np
import pytest
import torch

from cbsn_pipeline.distillation.noise import FLOOR, noise_levels


def test_the_level_of_each_intensity_is_found():
    """Noise of .02 in the dark and .1 in the bright, alternating signs."""
    clean = torch.full((1, 3, 64, 64), 0.2)
    clean[..., 32:] = 0.8
    sign = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], (64, 64)))
    noise = sign.float() * torch.where(clean > 0.5, 0.1, 0.02)

    levels = noise_levels(clean + noise, clean, torch.tensor([0]))

    assert levels.shape == (1, 3, 256)
    assert levels[0, :, 51].tolist() == pytest.approx([0.02] * 3, rel=0.05)
    assert levels[0, :, 204].tolist() == pytest.approx([0.1] * 3, rel=0.05)
    assert levels[0, 0, 0] == pytest.approx(0.02)  # darker than any pixel: the nearest
    assert levels[0, 0, 255] == pytest.approx(0.1)


def test_groups_and_channels_have_levels_of_their_own():
    clean = torch.full((2, 3, 32, 32), 0.5)
    noise = torch.tensor([[0.01, 0.02, 0.03], [0.04, 0.05, 0.06]])[:, :, None, None]

    levels = noise_levels(clean + noise, clean, torch.tensor([0, 1]))

    torch.testing.assert_close(levels[:, :, 127], noise[:, :, 0, 0])


def test_patches_of_a_group_are_taken_together():
    clean = torch.full((2, 3, 32, 32), 0.5)
    noise = torch.tensor([0.02, 0.04])[:, None, None, None]

    levels = noise_levels(clean + noise, clean, torch.tensor([0, 0]))

    assert levels[0, 0, 127] == pytest.approx(0.03)


def test_no_level_is_zero():
    clean = torch.full((1, 3, 9, 9), 0.5)

    assert noise_levels(clean, clean, torch.tensor([0])).min() == pytest.approx(FLOOR)
