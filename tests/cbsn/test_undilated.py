import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, NetworkOptions, batch_to_space, space_to_batch
from cbsn_pipeline.cbsn.undilated import fits_undilated, undilated_forward


@pytest.fixture
def net():
    generator = torch.Generator().manual_seed(0)
    return CBSN(NetworkOptions(channels=8, blocks=3), generator=generator).double()


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(1, 3, 12, 18), (3, 3, 6, 6), (2, 3, 30, 24)])
def test_it_is_the_dilated_network(net, blind, layout, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).double()
    x = x.contiguous(memory_format=layout)

    got = undilated_forward(net, x, blind)

    torch.testing.assert_close(got, net(x, blind), rtol=1e-10, atol=1e-10)


def test_gradients_are_those_of_the_dilated_network(net):
    x = torch.randn(1, 3, 12, 12, generator=torch.Generator().manual_seed(2)).double()
    net(x).square().sum().backward()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()

    undilated_forward(net, x).square().sum().backward()

    for ours, theirs in zip(net.parameters(), expected, strict=True):
        torch.testing.assert_close(ours.grad, theirs, rtol=1e-9, atol=1e-9)


def test_sizes_that_cannot_be_taken_apart_are_known_and_refused(net):
    assert [side for side in range(1, 20) if fits_undilated(net, side)] == [6, 12, 18]
    with pytest.raises(ValueError, match=r"10 x 10 pixels .* stride 3"):
        undilated_forward(net, torch.zeros(1, 3, 10, 10).double())


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_taking_apart_keeps_the_layout_and_the_numbers(stride):
    x = torch.arange(2 * 4 * 6 * 12.0).reshape(2, 4, 6, 12)
    last = x.contiguous(memory_format=torch.channels_last)

    taken = space_to_batch(last, stride)

    assert torch.equal(taken, space_to_batch(x, stride))
    assert taken.is_contiguous(memory_format=torch.channels_last)
    back = batch_to_space(taken, stride)
    assert torch.equal(back, x)
    assert back.is_contiguous(memory_format=torch.channels_last)
