import cv2
import numpy as np
import pytest
import torch
from pydantic import TypeAdapter, ValidationError

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions, RestitutionSetting
from cbsn_pipeline.cbsn.options import Restitution
from cbsn_pipeline.cbsn.restitution import (
    choose_restitution,
    restitute,
    slow_part,
)


def scene(height, width):
    """A smooth coloured picture, (3, H, W) in [0, 1]."""
    rows, columns = torch.meshgrid(
        torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij"
    )
    return torch.stack([0.3 + 0.4 * rows, 0.7 - 0.3 * columns, 0.3 + 0.3 * columns])


def noise(*shape, deviation=0.08, seed=0):
    """Noise that is correlated over about three pixels, as a camera's is."""
    rng = np.random.default_rng(seed)
    planes = rng.normal(size=shape)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), 0.8) for plane in planes])
    return torch.from_numpy(deviation * blurred / blurred.std()).float()


def washed_out(clean):
    """What a small network does: half of the colour is gone, details are kept."""
    return clean.mean(0, keepdim=True) + 0.5 * (clean - clean.mean(0, keepdim=True))


def psnr(one, other):
    return float(-10 * torch.log10((one - other).square().mean()))


def test_a_constant_residue_is_given_back_whole():
    residue = torch.tensor([0.1, -0.2, 0.3])[:, None, None].expand(3, 40, 50)

    torch.testing.assert_close(slow_part(residue, 25), residue.contiguous())


def test_the_strength_is_a_share():
    noisy = torch.full((3, 40, 50), 0.5)
    setting = RestitutionSetting(window=25, strength=0.25)

    image = restitute(noisy, torch.full((3, 40, 50), 0.1), setting).image

    torch.testing.assert_close(image, torch.full((3, 40, 50), 0.2))  # .1 + .25 * .4


def test_a_median_does_not_hear_a_minority():
    """A third of the pixels are hot: a mean would give a third of that back."""
    residue = torch.zeros(3, 64, 64)
    residue[:, ::3, :] = 1.0

    assert float(slow_part(residue, 33).abs().max()) == 0.0


def test_the_medians_are_those_of_all_pixels_up_to_their_own_noise():
    residue = scene(96, 96) + noise(3, 96, 96)
    levels = (residue.numpy() * 255).round().clip(0, 255).astype(np.uint8)
    exact = np.stack([cv2.medianBlur(plane, 25) for plane in levels]) / 255
    exact = np.stack([cv2.GaussianBlur(plane, (0, 0), 25 / 6) for plane in exact])

    ours = slow_part(residue, 25).numpy()

    inside = np.abs(ours - exact)[:, 24:-24, 24:-24]  # edges are treated differently
    assert inside.max() < 0.02
    assert inside.mean() < 0.005


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (13, 40), (37, 101), (256, 255)])
@pytest.mark.parametrize("window", [3, 19, 33, 97])
def test_any_size_keeps_its_shape(size, window):
    residue = noise(3, *size) if min(size) > 1 else torch.zeros(3, *size)

    slow = slow_part(residue, window)

    assert slow.shape == residue.shape
    assert bool(torch.isfinite(slow).all())


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 300), (40, 40)])
def test_small_pictures_can_be_chosen_for(size):
    assert 0 <= choose_restitution(torch.zeros(3, *size)).strength <= 1


def test_lost_colour_comes_back():
    clean = scene(256, 256)
    noisy = clean + noise(3, 256, 256)
    pale = washed_out(clean)

    restituted = restitute(noisy, pale, "auto")

    assert restituted.setting.strength == 1.0
    assert psnr(restituted.image, clean) > psnr(pale, clean) + 10
    assert restituted.colour > 5 * restituted.tone


def test_a_network_that_lost_nothing_loses_little():
    """Near the truth: slightly blurred. What is given back is noise alone."""
    clean = scene(256, 256)
    blurred = torch.from_numpy(
        np.stack([cv2.GaussianBlur(plane, (0, 0), 1.5) for plane in clean.numpy()])
    )
    network = blurred + noise(3, 256, 256, deviation=0.012, seed=1)  # 38 dB
    for seed in range(3):
        noisy = clean + noise(3, 256, 256, seed=2 + seed)

        restituted = restitute(noisy, network, "auto")

        assert psnr(restituted.image, clean) > psnr(network, clean) - 0.1


def test_noise_alone_is_not_given_back():
    settings = [choose_restitution(noise(3, 256, 256, seed=s)) for s in range(10)]

    assert sum(setting.strength == 0 for setting in settings) >= 8


def test_the_choice_is_the_same_twice():
    residue = scene(128, 128) + noise(3, 128, 128)

    assert choose_restitution(residue) == choose_restitution(residue)


def test_no_precision_is_lost_to_levels():
    residue = torch.full((3, 64, 64), 1e-6)

    torch.testing.assert_close(slow_part(residue, 33), residue)


class Pale(CBSN):
    """Answers with grey: all colour is lost."""

    def forward(self, x, blind=False):
        return x.mean(1, keepdim=True).expand_as(x)


@pytest.fixture
def pale():
    return Denoiser(Pale(NetworkOptions(channels=1, blocks=1)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_denoiser_gives_back_in_every_type(pale, dtype):
    noisy = (scene(96, 96) + noise(3, 96, 96, deviation=0.02)).permute(1, 2, 0).numpy()
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = (noisy * white).astype(dtype)

    alone = pale.denoise_picture(image)
    restituted = pale.restituting(RestitutionSetting(window=25)).denoise_picture(image)

    assert alone.restitution.strength == 0.0
    assert restituted.image.dtype == dtype
    error = np.abs(restituted.image - (scene(96, 96).permute(1, 2, 0).numpy() * white))
    assert error.mean() < 0.02 * white
    assert restituted.colour > 0.01


def test_tiles_do_not_change_what_is_given_back(pale):
    image = (scene(90, 131).permute(1, 2, 0).numpy() * 65535).astype(np.uint16)
    whole = pale.restituting("auto")
    tiled = pale.restituting("auto")
    tiled.memory_bytes = 1

    np.testing.assert_allclose(
        tiled.denoise(image).astype(int), whole.denoise(image).astype(int), atol=1
    )


def test_blocks_are_restituted_one_by_one(pale):
    blocks = np.stack(
        [
            (scene(64, 64).permute(1, 2, 0).numpy() * 255).astype(np.uint8) // divisor
            for divisor in (1, 2, 3)
        ]
    )
    denoiser = pale.restituting("auto")

    together = denoiser.denoise_blocks(blocks, batch_size=2)

    for block, denoised in zip(blocks, together, strict=True):
        np.testing.assert_array_equal(denoiser.denoise(block, padding=0), denoised)


def test_the_copy_shares_weights_and_leaves_the_original_alone(pale):
    copy = pale.restituting("auto")

    assert copy.net is pale.net
    assert pale.restitution == "off"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("auto", "auto"),
        ("off", "off"),
        (False, "off"),  # how YAML reads the word off
        ({"window": 33}, RestitutionSetting(window=33, strength=1.0)),
    ],
)
def test_the_option_is_read(value, expected):
    assert TypeAdapter(Restitution).validate_python(value) == expected


@pytest.mark.parametrize("value", ["on", True, {"window": 2}, {"strength": 1.0}, 33])
def test_other_values_are_refused(value):
    with pytest.raises(ValidationError):
        TypeAdapter(Restitution).validate_python(value)


def test_an_even_window_is_refused_with_a_remedy():
    with pytest.raises(ValidationError, match="window is 24: .* odd .* such as 25"):
        RestitutionSetting(window=24)
