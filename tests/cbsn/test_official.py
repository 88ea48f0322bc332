import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, NetworkOptions, load_official_weights
from cbsn_pipeline.cbsn.official import network_options, official_variables


@pytest.fixture
def shapes(golden):
    """Of the variables of a network of 8 channels and 2 blocks."""
    weights = golden.group("w/").items()
    return {name.removesuffix(":0"): array.shape for name, array in weights}


def test_every_weight_arrives_where_it_belongs(golden):
    net = golden.network()

    assert torch.equal(net.conv0.weight, golden.tensor("w/DBSN/conv0/kernel:0"))
    assert torch.equal(
        net.branch2.blocks[1].conv1.weight,
        golden.tensor("w/DBSN/B2/DCM1/conv1/kernel:0"),
    )
    assert torch.equal(net.branch1.conv1.bias, golden.tensor("w/DBSN/B1/conv1/b1:0"))


def test_names_without_output_index_are_the_same(golden):
    weights = {k.removesuffix(":0"): v for k, v in golden.group("w/").items()}
    net = CBSN(NetworkOptions(channels=8, blocks=2))

    load_official_weights(net, weights)

    assert torch.equal(net.conv4.weight, golden.tensor("w/DBSN/conv4/kernel:0"))


def test_all_that_does_not_fit_is_named_at_once_and_nothing_is_copied(golden):
    net = CBSN(NetworkOptions(channels=8, blocks=2))
    before = net.conv4.bias.clone()
    weights = golden.group("w/")
    weights["DBSN/conv0/kernel/Adam:0"] = weights.pop("DBSN/conv0/kernel:0")
    weights["DBSN/conv3/bias:0"] = weights["DBSN/conv3/bias:0"][:4]

    with pytest.raises(
        ValueError,
        match=r"1 missing \(DBSN/conv0/kernel\); "
        r"1 superfluous \(DBSN/conv0/kernel/Adam\); 1 of another shape .*"
        r"\(DBSN/conv3/bias of shape \(4,\) instead of \(64,\)\)",
    ):
        load_official_weights(net, weights)

    assert torch.equal(net.conv4.bias, before)


def test_weights_of_another_size_are_refused(golden):
    net = CBSN(NetworkOptions(channels=4, blocks=2))

    with pytest.raises(
        ValueError, match=r"4 channels and 2 blocks.*37 of another shape.*\.\.\.\)"
    ):
        load_official_weights(net, golden.group("w/"))


def test_the_size_of_the_network_is_read_off_its_variables(shapes):
    assert network_options(shapes) == NetworkOptions(channels=8, blocks=2)


def test_where_they_do_not_say_it_is_the_papers():
    assert network_options({}) == NetworkOptions(channels=128, blocks=9)
    assert network_options({"DBSN/B1/conv1/W1": (3, 3, 0, 0)}).channels == 128


def test_a_hostile_number_of_blocks_is_bounded():
    assert network_options({"DBSN/B1/DCM9999/conv1/bias": (8,)}).blocks == 1
    assert network_options({"DBSN/B1/DCM99999/conv1/bias": (8,)}).blocks == 9


def test_what_a_training_saves_beside_the_weights_is_left_out(shapes):
    others = {
        "global_step": (),
        "beta1_power": (),
        "DBSN/conv0/kernel/Adam": (1, 1, 3, 8),
        "DBSN/conv0/kernel/Adam_1": (1, 1, 3, 8),
        "DBSN/conv0/kernel/ExponentialMovingAverage": (1, 1, 3, 8),
        "training/DBSN/conv0/kernel/Momentum": (1, 1, 3, 8),
    }

    names = official_variables({**others, **shapes}, network_options(shapes))

    assert set(names) == set(shapes)


def test_a_variable_of_another_network_is_superfluous(shapes):
    shapes["DBSN/conv9/kernel"] = (1, 1, 3, 8)

    with pytest.raises(ValueError, match=r"1 superfluous \(DBSN/conv9/kernel\)"):
        official_variables(shapes, network_options(shapes))


def test_shapes_are_compared_without_building_the_network(shapes):
    options = NetworkOptions(channels=2_000_000, blocks=2)  # 300 TB

    with pytest.raises(ValueError, match="2000000 channels.* of another shape"):
        official_variables(shapes, options)
