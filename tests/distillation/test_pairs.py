import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn.options import UNetOptions
from cbsn_pipeline.distillation.options import StudentOptions
from cbsn_pipeline.distillation.pairs import Pairs

SMALL = StudentOptions(
    network=UNetOptions(widths=(4, 4)), batch_size=8, crop_size=16, max_patches=8
)


def options(**changes):
    return SMALL.model_copy(update=changes)


@pytest.fixture
def scenes():
    """Smooth scenes and 8-bit patches with noise that grows with intensity."""
    rng = np.random.default_rng(0)
    ramps = torch.linspace(0.1, 0.9, 48).expand(4, 3, 48, 48).clone()
    ramps[1] = ramps[1].flip(-1)
    noise = torch.from_numpy(rng.normal(size=(4, 3, 48, 48))).float() * 0.1 * ramps
    noisy = ((ramps + noise).clamp(0, 1) * 255).round().to(torch.uint8)
    return noisy, ramps.half(), torch.tensor([0, 0, 1, 1])


def test_the_step_alone_decides_the_batch(scenes):
    one, other = Pairs(*scenes, SMALL), Pairs(*scenes, SMALL)
    one[3]

    torch.testing.assert_close(one[7], other[7])
    assert not torch.equal(one[7].wanted, one[8].wanted)


def test_generations_and_seeds_draw_other_pairs(scenes):
    first = Pairs(*scenes, SMALL)[0].wanted

    assert not torch.equal(first, Pairs(*scenes, SMALL, generation=1)[0].wanted)
    assert not torch.equal(first, Pairs(*scenes, options(seed=1))[0].wanted)


def test_real_pairs_are_patch_and_target(scenes):
    noisy, targets, groups = scenes
    pair = Pairs(noisy, targets, groups, options(real=1.0, crop_size=48))[0]

    for seen, wanted in zip(pair.noisy, pair.wanted, strict=True):
        matches = [
            torch.equal(seen, torch.rot90(turned, turns, (-2, -1)))
            and torch.equal(wanted, torch.rot90(aim, turns, (-2, -1)))
            for patch, target in zip(noisy.float() / 255, targets.float(), strict=True)
            for turned, aim in ((patch, target), (patch.flip(-1), target.flip(-1)))
            for turns in range(4)
        ]
        assert any(matches)


def test_transplanted_noise_is_as_strong_as_its_new_place_asks(scenes):
    pairs = Pairs(*scenes, options(real=0.0, halved=0.0, batch_size=64))
    pair = pairs[0]
    noise, scene = (pair.noisy - pair.wanted).abs(), pair.wanted

    dark = noise[(scene > 0.2) & (scene < 0.3)].mean()
    bright = noise[(scene > 0.6) & (scene < 0.7)].mean()

    # mean |noise| is .1 * intensity * sqrt(2 / pi)
    assert dark.item() == pytest.approx(0.0798 * 0.25, rel=0.1)
    assert bright.item() == pytest.approx(0.0798 * 0.65, rel=0.1)


def test_what_is_seen_has_the_levels_of_the_file(scenes):
    noisy = Pairs(*scenes, options(real=0.0))[0].noisy * 255

    torch.testing.assert_close(noisy, noisy.round(), atol=1e-4, rtol=0)
    assert noisy.min() >= 0
    assert noisy.max() <= 255


def test_floating_point_patches_are_not_rounded(scenes):
    noisy, targets, groups = scenes
    pair = Pairs(noisy.float() / 255, targets, groups, options(real=0.0))[0]

    assert (pair.noisy * 255 - (pair.noisy * 255).round()).abs().max() > 0.1


def test_halved_scenes_are_means_of_four_pixels(scenes):
    noisy, targets, groups = scenes
    targets = torch.zeros_like(targets)
    targets[..., ::2] = 1.0  # columns of black and white: grey when halved
    pairs = Pairs(noisy, targets, groups, options(real=0.0, halved=1.0))

    torch.testing.assert_close(pairs[0].wanted, torch.full((8, 3, 16, 16), 0.5))


def test_patches_too_small_to_be_halved_are_used_whole(scenes):
    pairs = Pairs(*scenes, options(halved=1.0, crop_size=32))

    assert pairs[0].noisy.shape == (8, 3, 32, 32)


def test_patches_smaller_than_a_crop_are_refused(scenes):
    with pytest.raises(ValueError, match=r"48 x 48 .* student.crop_size 64: lower"):
        Pairs(*scenes, options(crop_size=64))


def test_no_patches_are_refused(scenes):
    noisy, targets, groups = scenes
    with pytest.raises(ValueError, match="no patches for a student"):
        Pairs(noisy[:0], targets[:0], groups[:0], SMALL)
