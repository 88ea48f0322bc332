import json

import pytest
import torch

from cbsn_pipeline.training.checkpoints.content import restore
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.hardware.speed import PLAIN
from cbsn_pipeline.training.loop import train_steps
from cbsn_pipeline.training.trainer_state import new_trainer_state

CPU = torch.device("cpu")


@pytest.fixture
def store(tmp_path):
    return StateStore(tmp_path / "state")


def weights(trainer):
    return torch.cat([p.detach().flatten() for p in trainer.net.parameters()])


@pytest.fixture
def saved(options, store):
    store.save(new_trainer_state(options, CPU), 1, options, digest="data-one")
    return store.latest()


def test_a_resumed_training_gives_the_numbers_of_an_uninterrupted_one(
    patches, options, store
):
    batches = Batches(patches, options)
    whole, stopped = new_trainer_state(options, CPU), new_trainer_state(options, CPU)
    expected = [r.losses for r in train_steps(whole, batches, options)]
    for report in train_steps(stopped, batches, options):
        if report.step == 4:
            store.save(stopped, 4, options, digest="d")
            break

    resumed = new_trainer_state(options, CPU)
    saved = store.latest()
    restore(saved, resumed, options, digest="d")
    got = [r.losses for r in train_steps(resumed, batches, options, start=saved.step)]

    assert saved.step == 4
    assert torch.equal(torch.stack(got), torch.stack(expected[4:]))
    assert torch.equal(weights(resumed), weights(whole))


@pytest.mark.parametrize("saved_side_by_side", [False, True])
def test_a_state_goes_on_where_channels_lie_otherwise_in_memory(
    patches, options, store, saved_side_by_side
):
    """As from a CPU to a GPU; fused Adam takes moments to lie as weights do."""
    here = PLAIN._replace(channels_last=saved_side_by_side, fused_adam=True)
    there = here._replace(channels_last=not saved_side_by_side)
    batches = Batches(patches, options)
    whole, stopped = (new_trainer_state(options, CPU, here) for _ in range(2))
    expected = [r.losses for r in train_steps(whole, batches, options)]
    for report in train_steps(stopped, batches, options):
        if report.step == 3:
            break
    store.save(stopped, 3, options, digest="data-one")

    resumed = new_trainer_state(options, CPU, there)
    restore(store.latest(), resumed, options, digest="data-one")
    got = [r.losses for r in train_steps(resumed, batches, options, start=3)]

    torch.testing.assert_close(torch.stack(got), torch.stack(expected[3:]))
    torch.testing.assert_close(weights(resumed), weights(whole), rtol=1e-4, atol=1e-6)


def test_a_state_of_other_data_is_refused(saved, options):
    with pytest.raises(
        ValueError, match=r"on data data-one.*of data data-two.*resume=false"
    ):
        restore(saved, new_trainer_state(options, CPU), options, digest="data-two")


def test_a_state_of_patches_that_were_cut_otherwise_is_refused(options, store):
    trainer = new_trainer_state(options, CPU)
    store.save(trainer, 1, options, digest="d", fingerprint="256 by 200")
    saved = store.latest()

    restore(saved, trainer, options, digest="d", fingerprint="256 by 200")
    with pytest.raises(ValueError, match=r"cut otherwise.*stride.*resume=false"):
        restore(saved, trainer, options, digest="d", fingerprint="128 by 100")


def test_a_state_that_does_not_know_its_patches_is_gone_on_from(saved, options):
    trainer = new_trainer_state(options, CPU)

    restore(saved, trainer, options, digest="data-one", fingerprint="128 by 100")


def test_a_state_of_other_options_is_refused_with_the_difference(saved, options):
    changed = options.model_copy(update={"batch_size": 3, "steps": 99})

    with pytest.raises(ValueError, match=r"other options \(batch_size: 2 -> 3\)"):
        restore(saved, new_trainer_state(changed, CPU), changed, digest="data-one")


def test_a_state_of_another_network_is_refused_with_the_difference(saved, options):
    network = options.network.model_copy(update={"channels": 4})
    changed = options.model_copy(update={"network": network})

    with pytest.raises(ValueError, match=r"network: .*'channels': 8.*'channels': 4"):
        restore(saved, new_trainer_state(changed, CPU), changed, digest="data-one")


def test_a_state_of_a_newer_version_is_refused(saved, options):
    saved.content["version"] = 3

    with pytest.raises(ValueError, match="version 3.*Upgrade"):
        restore(saved, new_trainer_state(options, CPU), options, digest="data-one")


def test_a_state_of_an_older_version_is_refused(saved, options):
    saved.content["version"] = 1

    with pytest.raises(ValueError, match="version 1.*other crops.*resume=false"):
        restore(saved, new_trainer_state(options, CPU), options, digest="data-one")


def test_a_resumed_average_gives_the_numbers_of_an_uninterrupted_one(
    patches, options, store
):
    options = options.model_copy(update={"ema_decay": 0.5})
    batches = Batches(patches, options)
    whole, stopped = new_trainer_state(options, CPU), new_trainer_state(options, CPU)
    list(train_steps(whole, batches, options))
    for report in train_steps(stopped, batches, options):
        if report.step == 4:
            store.save(stopped, 4, options, digest="d")
            break

    resumed = new_trainer_state(options, CPU)
    restore(store.latest(), resumed, options, digest="d")
    list(train_steps(resumed, batches, options, start=4))

    pairs = zip(resumed.average.parameters(), whole.average.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def test_an_option_that_a_state_does_not_know_had_its_default(saved, options):
    then = json.loads(saved.content["options"])
    del then["subsampler"]
    old = saved._replace(content=saved.content | {"options": json.dumps(then)})
    changed = options.model_copy(update={"subsampler": "unshuffle"})

    restore(old, new_trainer_state(options, CPU), options, digest="data-one")
    with pytest.raises(ValueError, match=r"subsampler: random -> unshuffle"):
        restore(old, new_trainer_state(options, CPU), changed, digest="data-one")


@pytest.mark.parametrize("part", ["exp_avg", "step", "network"])
def test_numbers_of_another_shape_are_an_error_before_memory_is_spent(
    options, store, part
):
    trainer = new_trainer_state(options, CPU)
    for parameter in trainer.net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    trainer.optimiser.step()
    store.save(trainer, 1, options, digest="d")
    saved = store.latest()
    huge = torch.zeros(1).expand(10**12)  # one number, seen a million million times
    if part == "network":
        saved.content["network"]["conv0.bias"] = huge
    else:
        saved.content["optimiser"][3][part] = huge

    with pytest.raises(ValueError, match="does not fit the network.*Was the file edit"):
        restore(saved, new_trainer_state(options, CPU), options, digest="d")
