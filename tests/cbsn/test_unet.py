import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import Denoiser, Provenance, UNet, UNetOptions


@pytest.fixture(scope="module")
def net():
    generator = torch.Generator().manual_seed(0)
    net = UNet(UNetOptions(widths=(4, 6, 8)), generator=generator)
    torch.nn.init.normal_(net.leave.weight, std=0.005, generator=generator)
    return net.requires_grad_(False)


def picture(height, width, dtype=np.float32):
    rng = np.random.default_rng([height, width])
    unit = rng.random((height, width, 3), dtype=np.float32)
    if dtype == np.float32:
        return unit
    return (unit * np.iinfo(dtype).max).astype(dtype)


def test_an_untrained_student_changes_nothing():
    x = torch.rand(2, 3, 32, 48)

    torch.testing.assert_close(UNet()(x), x)


def test_weights_come_from_the_generator_alone():
    one, other = (
        UNet(UNetOptions(widths=(4,)), generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )

    torch.testing.assert_close(one.state_dict(), other.state_dict())


def test_the_default_is_small():
    net = UNet()

    assert net.num_parameters == 527_676  # counted when it was chosen
    assert net.macs_per_pixel < 21_000  # the paper's network: 3,650,112
    assert net.alignment == 16


def test_multiply_accumulates_are_those_of_the_kernels():
    net = UNet(UNetOptions(widths=(2, 3)))

    fine = 12 * 2 * 9 + 4 * 2 * 2 * 9 + 2 * 12 * 9  # enter, two blocks, leave
    coarse = 2 * 3 * 4 + 2 * 3 * 3 * 9 + 3 * 8  # down, a block, up
    assert net.macs_per_pixel == np.ceil(fine / 4 + coarse / 16)


def test_no_pixel_is_hidden_from_a_student(net):
    with pytest.raises(ValueError, match=r"no blind pass. Ask its teacher"):
        net(torch.zeros(1, 3, 8, 8), blind=True)


def test_nothing_beyond_the_receptive_radius_counts(net):
    side, radius = 256, net.receptive_radius
    x = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[..., 128, 128] += 1.0

    rows, columns = torch.where((net(changed) - net(x)).abs().sum((0, 1)) > 0)

    reach = max((rows - 128).abs().max(), (columns - 128).abs().max())
    assert radius - net.alignment - 4 <= reach <= radius


@pytest.mark.parametrize("size", [(1, 1), (7, 30), (64, 48), (131, 97)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_size_and_type_is_denoised(net, size, dtype):
    image = picture(*size, dtype)

    denoised = Denoiser(net).denoise(image)

    assert denoised.shape == image.shape
    assert denoised.dtype == dtype
    assert np.any(denoised != image)


@pytest.mark.parametrize("size", [(300, 131), (97, 410)])
def test_tiles_give_the_result_of_the_whole_picture(net, size):
    image = picture(*size)
    whole = Denoiser(net, memory_bytes=1 << 30).denoise(image)

    tiled = Denoiser(net, memory_bytes=1).denoise(image)

    np.testing.assert_allclose(tiled, whole, atol=2e-5, rtol=0)


def test_blocks_are_denoised_as_pictures(net):
    blocks = np.stack([picture(30, 34, np.uint8), picture(30, 34, np.uint8) // 2])

    denoised = Denoiser(net).denoise_blocks(blocks)

    for block, ours in zip(blocks, denoised, strict=True):
        np.testing.assert_array_equal(Denoiser(net).denoise(block, padding=0), ours)


def test_a_student_is_saved_and_loaded(net, tmp_path):
    provenance = Provenance(data_kind="photos", steps=7)
    Denoiser(net, provenance).save(tmp_path / "student.safetensors")

    loaded = Denoiser.load(tmp_path / "student.safetensors")

    assert loaded.network_options == UNetOptions(widths=(4, 6, 8))
    assert loaded.provenance == provenance
    image = picture(40, 40)
    np.testing.assert_array_equal(loaded.denoise(image), Denoiser(net).denoise(image))
