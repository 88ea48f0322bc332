import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, NetworkOptions, load_official_weights


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


def test_a_missing_and_a_superfluous_variable_are_named(golden):
    weights = golden.group("w/")
    weights["DBSN/conv0/kernel/Adam:0"] = weights.pop("DBSN/conv0/kernel:0")

    with pytest.raises(ValueError, match=r"1 missing \(first: \['DBSN/conv0/kernel'\]"):
        load_official_weights(CBSN(NetworkOptions(channels=8, blocks=2)), weights)


def test_weights_of_another_size_are_refused_and_nothing_is_copied(golden):
    net = CBSN(NetworkOptions(channels=4, blocks=2))
    before = net.conv0.bias.clone()

    with pytest.raises(ValueError, match=r"shape \(1, 1, 3, 8\).*needs \(1, 1, 3, 4\)"):
        load_official_weights(net, golden.group("w/"))

    assert torch.equal(net.conv0.bias, before)
