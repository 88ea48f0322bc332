import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import (
    CBSN,
    Denoiser,
    NetworkOptions,
)


@pytest.fixture(scope="module")
def net():
    generator = torch.Generator().manual_seed(0)
    net = CBSN(NetworkOptions(channels=4, blocks=2), generator=generator)
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):  # 0 at first: edges would show nothing
            torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return net.requires_grad_(False)


def picture(height, width, dtype=np.uint8):
    rng = np.random.default_rng([height, width])
    if dtype == np.float32:
        return rng.random((height, width, 3), dtype=np.float32)
    return rng.integers(np.iinfo(dtype).max + 1, size=(height, width, 3), dtype=dtype)


class Identity(CBSN):
    """Answers with its input: what remains is the denoiser's own arithmetic."""

    def forward(self, x, blind=False):
        return x


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (17, 5), (64, 48)])
def test_an_identity_network_gives_the_picture_back(size, dtype):
    denoiser = Denoiser(Identity(NetworkOptions(channels=1, blocks=1)))
    image = picture(*size, dtype)

    denoised = denoiser.denoise(image)

    assert denoised.dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 0
    np.testing.assert_allclose(denoised, image, atol=tolerance, rtol=0)


def test_the_released_inference_rules_are_followed(net):
    """Image statistics, reflect padding, visible pass, undo, round: spelt out."""
    image = picture(37, 41)
    unit = torch.from_numpy(image / 255.0).float().permute(2, 0, 1)[None]
    mean = unit.mean((2, 3), keepdim=True)
    std = unit.std((2, 3), correction=0, keepdim=True)
    padded = torch.nn.functional.pad((unit - mean) / std, (11,) * 4, mode="reflect")
    with torch.no_grad():
        expected = net(padded)[:, :, 11:-11, 11:-11] * std + mean
    expected = (expected[0].permute(1, 2, 0).numpy().clip(0, 1) * 255).round()

    denoised = Denoiser(net).denoise(image)

    assert np.abs(denoised - expected).max() <= 1  # a tie may round either way
    assert (denoised == expected).mean() > 0.999


def test_the_papers_network_pads_as_released():
    assert Denoiser(CBSN()).padding == 32


@pytest.mark.parametrize("size", [(53, 131), (90, 7)])
def test_tiles_give_the_result_of_the_whole_picture(net, size):
    image = picture(*size, np.float32)
    whole = Denoiser(net, memory_bytes=1 << 30).denoise(image)

    tiled = Denoiser(net, memory_bytes=1).denoise(image)

    np.testing.assert_allclose(tiled, whole, atol=2e-6, rtol=0)


def test_tiles_are_really_used_when_memory_is_short():
    seen = []

    class Watched(CBSN):
        def forward(self, x, blind=False):
            seen.append(tuple(x.shape[2:]))
            return super().forward(x, blind)

    watched = Watched(NetworkOptions(channels=4, blocks=1))
    Denoiser(watched, memory_bytes=1).denoise(picture(60, 60))

    radius = watched.receptive_radius
    assert len(seen) > 1
    assert max(max(shape) for shape in seen) <= 3 * radius


def test_a_batch_is_no_larger_than_what_fits_whole():
    net = CBSN(NetworkOptions(channels=128, blocks=1)).to("meta")  # on no CPU
    blocks = (40, 256, 256, 3)

    # 6 feature maps x 128 channels x 4 bytes x 256 x 256 pixels are 201 MB
    assert Denoiser(net)._batch_size(blocks, 0) == 5
    assert Denoiser(net)._batch_size(blocks, 100) == 1
    assert Denoiser(net, memory_bytes=1 << 40)._batch_size(blocks, 0) == 16
    assert Denoiser(net)._inference.tile_size(5, 256, 256) == 256
    assert Denoiser(net)._inference.tile_size(6, 256, 256) < 256


def test_blocks_are_denoised_one_by_one_whatever_the_batch(net):
    blocks = np.stack([picture(16, 16), picture(16, 16) // 2, picture(16, 16) // 4])
    denoiser = Denoiser(net)

    together = denoiser.denoise_blocks(blocks, batch_size=2)

    for block, denoised in zip(blocks, together, strict=True):
        alone = denoiser.denoise(block, padding=0)
        assert np.abs(denoised.astype(int) - alone).max() <= 1
        assert (denoised == alone).mean() > 0.99


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4), (1, 8, 8, 3), (0, 8, 3)])
def test_pictures_of_another_shape_are_refused(net, shape):
    with pytest.raises(ValueError, match=r"expected \(height, width, 3\)"):
        Denoiser(net).denoise(np.zeros(shape, np.uint8))


def test_pictures_of_another_type_are_refused(net):
    with pytest.raises(ValueError, match="int32"):
        Denoiser(net).denoise(np.zeros((8, 8, 3), np.int32))


def test_averaged_weights_that_do_not_exist_are_refused(net):
    with pytest.raises(ValueError, match="no averaged weights.*train.ema_decay"):
        Denoiser(net).averaged()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_picture_of_the_cpu(net):
    image = picture(70, 50)
    on_cpu = Denoiser(net).denoise(image).astype(int)

    on_cuda = Denoiser(net).to("cuda").denoise(image).astype(int)
    net.to("cpu")

    assert np.abs(on_cuda - on_cpu).max() <= 1


def test_a_blind_denoiser_does_not_see_the_pixel_itself(net):
    image = picture(25, 25, np.float32)
    changed = image.copy()
    # swapped with a pixel of the same channel far away: statistics stay the same
    changed[12, 12], changed[0, 0] = image[0, 0].copy(), image[12, 12].copy()
    blind, visible = Denoiser(net).blind(1), Denoiser(net)

    before, after = (d[12, 12] for d in map(blind.denoise, (image, changed)))
    seen, seen_after = (d[12, 12] for d in map(visible.denoise, (image, changed)))

    np.testing.assert_allclose(before, after, atol=1e-6)
    assert np.abs(seen - seen_after).max() > 1e-3


@pytest.mark.parametrize("size", [(26, 33), (25, 30), (3, 12), (1, 1)])
def test_a_blind_denoiser_runs_every_sub_image_as_it_is(net, size):
    image = picture(*size, np.float32)
    unit = torch.from_numpy(image).permute(2, 0, 1)[None]
    mean, floor = unit.mean((2, 3), keepdim=True), (size[0] * size[1]) ** -0.5
    std = unit.std((2, 3), correction=0, keepdim=True).clamp(min=floor)
    normalised, expected = (unit - mean) / std, torch.empty_like(unit)
    for row in range(min(5, size[0])):
        for column in range(min(5, size[1])):
            sub_image = normalised[..., row::5, column::5]
            expected[..., row::5, column::5] = net(sub_image, blind=True)
    expected = (expected * std + mean)[0].permute(1, 2, 0).numpy().clip(0, 1)

    denoised = Denoiser(net).blind(5).denoise(image, padding=0)

    np.testing.assert_allclose(denoised, expected, atol=2e-6)


@pytest.mark.parametrize("size", [(53, 131), (90, 7), (1, 1)])
def test_tiles_give_the_blind_result_of_the_whole_picture(net, size):
    image = picture(*size, np.float32)
    whole = Denoiser(net, memory_bytes=1 << 30).blind(3).denoise(image)

    tiled = Denoiser(net, memory_bytes=1).blind(3).denoise(image)

    np.testing.assert_allclose(tiled, whole, atol=2e-6, rtol=0)


def test_a_blind_pass_without_a_stride_is_refused(net):
    with pytest.raises(ValueError, match="stride 0: expected 1 or more"):
        Denoiser(net).blind(0)
