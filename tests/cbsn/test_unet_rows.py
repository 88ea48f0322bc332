import numpy as np
import pytest
import torch

from cbsn_pipeline.cbsn import Denoiser, UNet, UNetOptions
from cbsn_pipeline.cbsn.unet_rows import UNetByRows


def student(*widths):
    generator = torch.Generator().manual_seed(0)
    net = UNet(UNetOptions(widths=widths), generator=generator)
    for parameter in net.parameters():  # the last layer is zero at first, and biases
        torch.nn.init.normal_(parameter, std=0.2, generator=generator)
    return net.requires_grad_(False)


@pytest.fixture(scope="module")
def net():
    return student(4, 6, 8)


def picture(height, width):
    rng = np.random.default_rng([height, width])
    return rng.integers(256, size=(height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("widths", [(5,), (4, 6), (4, 6, 8)])
@pytest.mark.parametrize("step", [1, 3, 50])  # pieces: 23 to 1
def test_rows_are_those_of_the_whole_picture(widths, step):
    net = student(*widths)
    x = torch.rand(2, 3, net.alignment * 23, net.alignment * 5)
    pieces = x.split(net.alignment * step, dim=2)
    by_rows = UNetByRows(net)

    parts = [by_rows(piece, last=piece is pieces[-1]) for piece in pieces]

    torch.testing.assert_close(torch.cat(parts, dim=2), net(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (9, 300), (131, 57), (203, 811), (260, 1170)])
def test_no_division_of_a_picture_changes_a_bit_of_the_output(net, size, monkeypatch):
    image, outputs = picture(*size), []
    monkeypatch.setattr("cbsn_pipeline.cbsn.inference.STRIP_PIXELS", 20_000)

    for memory_bytes, threads in [(1 << 30, 1), (1 << 30, 2), (1 << 20, 3), (1, 1)]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            denoiser = Denoiser(net, memory_bytes=memory_bytes)
            outputs.append(denoiser.restituting("auto").denoise(image))
            assert torch.get_num_threads() == threads
        finally:
            torch.set_num_threads(before)

    for output in outputs[1:]:
        np.testing.assert_array_equal(output, outputs[0])


def test_restitution_is_chosen_by_the_same_pixels_in_a_large_picture(net, monkeypatch):
    """A large one is not kept: the places to choose by are denoised alone."""
    image = picture(330, 620) // 4 + 60
    denoiser = Denoiser(net).restituting("auto")
    kept = denoiser.denoise_picture(image)

    monkeypatch.setattr("cbsn_pipeline.cbsn.denoiser.KEPT_PIXELS", 0)
    large = denoiser.denoise_picture(image, keep_alone=True)

    assert large.restitution == kept.restitution
    assert large.restitution.strength > 0
    np.testing.assert_array_equal(large.image, kept.image)
    np.testing.assert_array_equal(large.alone, Denoiser(net).denoise(image))


@pytest.mark.parametrize("size", [(1, 1), (77, 300), (500, 130)])
@pytest.mark.parametrize("memory_bytes", [1, 1 << 30])
def test_progress_counts_every_row_once(net, size, memory_bytes):
    rows = []
    denoiser = Denoiser(net, memory_bytes=memory_bytes).restituting("auto")

    denoiser.denoise_picture(picture(*size), advance=rows.append)

    assert sum(rows) == size[0]
    assert min(rows) > 0


@pytest.mark.parametrize("memory_bytes", [1 << 18, 1 << 20])
def test_pieces_stay_within_the_memory(net, memory_bytes, monkeypatch):
    pixels = []

    class Watched(UNetByRows):
        def __call__(self, x, *, last):
            pixels.append(x.shape[2] * x.shape[3])
            return super().__call__(x, last=last)

    monkeypatch.setattr("cbsn_pipeline.cbsn.inference.UNetByRows", Watched)
    Denoiser(net, memory_bytes=memory_bytes).denoise(picture(150, 200))

    width = 200 + 64  # 32 pixels are reflected at each side
    fewest_rows = net.alignment * width
    assert len(pixels) > 1
    assert max(pixels) <= max(fewest_rows, memory_bytes / (4 * net.live_channels))
