import math

import pytest
import torch
from pydantic import ValidationError

from cbsn_pipeline.cbsn import (
    CBSN,
    NetworkOptions,
    batch_to_space,
    random_subsample,
    space_to_batch,
)

TOLERANCE = {"atol": 1e-5, "rtol": 0}


@pytest.fixture(scope="module")
def small_net():
    options = NetworkOptions(channels=4, blocks=2)
    return CBSN(options, generator=torch.Generator().manual_seed(0)).double()


def test_the_papers_network_has_the_papers_size():
    net = CBSN()

    assert net.num_parameters == 3_656_131
    assert net.macs_per_pixel == 3_650_112
    assert net.receptive_radius == 29


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (30, 31)])
@pytest.mark.parametrize("blind", [True, False])
def test_output_has_the_shape_of_the_input(small_net, size, blind):
    x = torch.randn(2, 3, *size, dtype=torch.float64)

    assert small_net(x, blind=blind).shape == x.shape


def test_outputs_agree_with_the_released_code(golden):
    net, x = golden.network(), golden.tensor("x")
    sub_images = space_to_batch(x, 5)
    noisy_sub = random_subsample(x, golden.picks, 2)

    with torch.no_grad():
        blind_b2s = batch_to_space(net(sub_images, blind=True), 5)
        blind_rs = net(noisy_sub, blind=True)
        visible = net(x, blind=False)
        visible_rs = random_subsample(visible, golden.picks, 2)

    torch.testing.assert_close(
        blind_b2s, golden.tensor("val/out_blind_b2s"), **TOLERANCE
    )
    torch.testing.assert_close(blind_rs, golden.tensor("val/out_blind_rs"), **TOLERANCE)
    torch.testing.assert_close(visible, golden.tensor("val/out"), **TOLERANCE)
    torch.testing.assert_close(visible_rs, golden.tensor("val/out_rs"), **TOLERANCE)


def test_blind_output_depends_on_no_input_at_its_own_place(small_net):
    size = 13
    draw = torch.Generator().manual_seed(0)
    for row in range(size):
        for column in range(size):
            x = torch.randn(1, 3, size, size, dtype=torch.float64, generator=draw)
            x.requires_grad_()
            small_net(x, blind=True)[0, :, row, column].sum().backward()
            assert (x.grad[0, :, row, column] == 0).all(), (row, column)
            assert x.grad.count_nonzero() > 0


def test_visible_output_depends_on_the_input_at_its_own_place(small_net):
    draw = torch.Generator().manual_seed(0)  # a network this small is dead on some
    x = torch.randn(1, 3, 13, 13, dtype=torch.float64, generator=draw)
    x.requires_grad_()

    small_net(x, blind=False)[0, :, 6, 6].sum().backward()

    assert (x.grad[0, :, 6, 6] != 0).all()


def all_positive(blocks):
    """A network whose gradients cannot cancel: every reachable pixel shows."""
    net = CBSN(NetworkOptions(channels=2, blocks=blocks)).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(0.1)
    return net


@pytest.mark.parametrize("blocks", [1, 2, 9])
@pytest.mark.parametrize("blind", [True, False])
def test_receptive_field_reaches_exactly_the_stated_radius(blocks, blind):
    net = all_positive(blocks)
    radius = net.receptive_radius
    centre = radius + 2
    size = 2 * centre + 1
    x = torch.ones(1, 3, size, size, dtype=torch.float64, requires_grad=True)

    net(x, blind=blind)[0, 0, centre, centre].backward()

    rows, columns = x.grad[0, 0].nonzero(as_tuple=True)
    assert (rows.min(), rows.max()) == (centre - radius, centre + radius)
    assert (columns.min(), columns.max()) == (centre - radius, centre + radius)


@pytest.mark.parametrize(("branch", "side"), [("branch1", 39), ("branch2", 59)])
def test_branches_of_the_papers_network_see_39_and_59_pixels(branch, side):
    net = getattr(all_positive(9), branch)
    x = torch.ones(1, 2, 65, 65, dtype=torch.float64, requires_grad=True)

    net(x, blind=True)[0, 0, 32, 32].backward()

    rows = x.grad[0, 0].nonzero()[:, 0]
    assert rows.max() - rows.min() + 1 == side


def test_plain_weights_start_as_a_truncated_normal_of_he_variance():
    net = CBSN(generator=torch.Generator().manual_seed(1))
    weight = net.branch1.blocks[0].conv1.weight
    std = math.sqrt(2 / (9 * 128))

    assert weight.std().item() == pytest.approx(std, rel=0.01)
    assert weight.abs().max().item() <= 2 * std / 0.87962566 + 1e-6
    assert (net.conv1.bias == 0).all()


def test_masked_weights_start_as_a_whole_normal_of_he_variance():
    net = CBSN(generator=torch.Generator().manual_seed(1))
    weight = net.branch2.conv1.weight
    std = math.sqrt(2 / (25 * 128))

    assert weight.std().item() == pytest.approx(std, rel=0.01)
    assert weight.abs().max().item() > 3 * std
    assert (net.branch2.conv1.bias == 0).all()


def test_a_seed_gives_the_same_weights_whatever_torch_drew_before():
    first = CBSN(NetworkOptions(channels=4, blocks=1), generator=seeded(3))
    torch.randn(7)
    second = CBSN(NetworkOptions(channels=4, blocks=1), generator=seeded(3))

    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("options", [{"channels": 0}, {"blocks": 0}, {"width": 3}])
def test_options_refuse_nonsense(options):
    with pytest.raises(ValidationError):
        NetworkOptions(**options)
