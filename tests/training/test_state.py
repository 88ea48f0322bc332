import json

import pytest
import torch

from cbsn_pipeline.training import state as module
from cbsn_pipeline.training.batches import Batches
from cbsn_pipeline.training.speed import PLAIN
from cbsn_pipeline.training.state import Best, StateStore, restore
from cbsn_pipeline.training.steps import train_steps
from cbsn_pipeline.training.trainee import new_trainee

CPU = torch.device("cpu")


@pytest.fixture
def store(tmp_path):
    return StateStore(tmp_path / "state")


def weights(trainee):
    return torch.cat([p.detach().flatten() for p in trainee.net.parameters()])


def test_a_resumed_training_gives_the_numbers_of_an_uninterrupted_one(
    patches, options, store
):
    batches = Batches(patches, options)
    whole, stopped = new_trainee(options, CPU), new_trainee(options, CPU)
    expected = [r.losses for r in train_steps(whole, batches, options)]
    for report in train_steps(stopped, batches, options):
        if report.step == 4:
            store.save(stopped, 4, options, digest="d")
            break

    resumed = new_trainee(options, CPU)
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
    whole, stopped = (new_trainee(options, CPU, here) for _ in range(2))
    expected = [r.losses for r in train_steps(whole, batches, options)]
    for report in train_steps(stopped, batches, options):
        if report.step == 3:
            break
    store.save(stopped, 3, options, digest="data-one")

    resumed = new_trainee(options, CPU, there)
    restore(store.latest(), resumed, options, digest="data-one")
    got = [r.losses for r in train_steps(resumed, batches, options, start=3)]

    torch.testing.assert_close(torch.stack(got), torch.stack(expected[3:]))
    torch.testing.assert_close(weights(resumed), weights(whole), rtol=1e-4, atol=1e-6)


def test_only_the_newest_states_are_kept(options, store):
    trainee = new_trainee(options, CPU)
    for step in (1, 2, 3):
        store.save(trainee, step, options, digest="d")

    names = sorted(path.name for path in store.folder.iterdir())
    assert names == ["step_000000002.pt", "step_000000003.pt"]
    assert store.latest_path().name == "step_000000003.pt"


def test_an_empty_store_has_no_state(store):
    assert store.latest() is None
    assert store.latest_path() is None
    assert store.latest_run_id() is None
    store.set_aside()


def test_a_failing_save_leaves_the_earlier_state_and_no_litter(
    options, store, monkeypatch
):
    trainee = new_trainee(options, CPU)
    store.save(trainee, 1, options, digest="d")

    def full_disk(content, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="step 2 could not.*No space left.*untouched"):
        store.save(trainee, 2, options, digest="d")

    assert [path.name for path in store.folder.iterdir()] == ["step_000000001.pt"]
    assert store.latest().step == 1


@pytest.mark.filterwarnings("ignore")
def test_a_disk_that_really_refuses_is_named(options, store):
    """A limit on the size of files: torch's own writer meets it half-way."""
    import resource

    trainee = new_trainee(options, CPU)
    store.save(trainee, 1, options, digest="d")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OSError, match="step 2 could not be written .*too large"):
            store.save(trainee, 2, options, digest="d")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [path.name for path in store.folder.iterdir()] == ["step_000000001.pt"]


def test_the_next_save_removes_what_a_killed_run_left(options, store):
    store.folder.mkdir()
    (store.folder / "step_000000001.pt.partial").write_bytes(b"half")

    store.save(new_trainee(options, CPU), 2, options, digest="d")

    assert [path.name for path in store.folder.iterdir()] == ["step_000000002.pt"]


def test_a_damaged_state_is_passed_over_with_a_warning(options, store, caplog):
    trainee = new_trainee(options, CPU)
    store.save(trainee, 1, options, digest="d")
    newest = store.save(trainee, 2, options, digest="d")
    newest.write_bytes(newest.read_bytes()[:1000])

    saved = store.latest()

    assert saved.step == 1
    assert "step_000000002.pt cannot be read" in caplog.text


def test_a_new_training_sets_the_old_states_aside(options, store):
    trainee = new_trainee(options, CPU)
    store.save(trainee, 5, options, digest="d")
    store.remember_run("run-a")

    store.set_aside()

    assert store.latest() is None
    assert store.latest_run_id() is None
    first = store.folder / "previous_1"
    assert sorted(p.name for p in first.iterdir()) == ["run.json", "step_000000005.pt"]
    store.save(trainee, 6, options, digest="d")
    store.set_aside()
    assert (store.folder / "previous_2" / "step_000000006.pt").exists()
    assert (first / "step_000000005.pt").exists()  # somebody may have forgotten resume


def test_hosts_that_share_a_disk_have_runs_of_their_own(options, store):
    store.save(new_trainee(options, CPU), 1, options, digest="d")
    store.remember_run("run-a", host="node0")
    store.remember_run("run-b", host="node1")

    assert store.latest_run_id(host="node0") == "run-a"
    assert store.latest_run_id(host="node1") == "run-b"
    assert store.latest_run_id() is None
    store.set_aside()
    assert (store.folder / "previous_1" / "run_node1.json").exists()


def test_notes_of_states_that_were_removed_are_not_those_of_a_new_training(
    options, store
):
    store.save(new_trainee(options, CPU), 1, options, digest="d", best=Best(1, 40.0))
    store.latest_path().unlink()

    store.set_aside()

    assert store.best() is None


def test_only_one_training_writes_to_a_folder(store, monkeypatch):
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.0)

    with (
        store.only_writer(),
        pytest.raises(OSError, match=r"Another training.*state_folder=NAME"),
        StateStore(store.folder).only_writer(),
    ):
        pass
    with StateStore(store.folder).only_writer():
        pass


def test_a_file_system_without_locks_is_a_warning(store, monkeypatch, caplog):
    def refuse(self):
        raise NotImplementedError

    monkeypatch.setattr(module.FileLock, "acquire", refuse)

    with store.only_writer():
        pass

    assert "file system without locks" in caplog.text


def test_an_unreadable_newer_state_does_not_count_among_those_kept(options, store):
    one = options.model_copy(update={"keep_states": 1})
    trainee = new_trainee(options, CPU)
    store.save(trainee, 10, one, digest="d").write_bytes(b"damaged")

    path = store.save(trainee, 7, one, digest="d")

    assert path.exists()
    assert store.latest().step == 7


@pytest.mark.parametrize("error", [PermissionError(13, "no"), MemoryError()], ids=str)
def test_a_state_that_the_machine_refuses_is_not_called_damaged(
    options, store, monkeypatch, error
):
    store.save(new_trainee(options, CPU), 1, options, digest="d")

    def refuse(*inputs, **settings):
        raise error

    monkeypatch.setattr(torch, "load", refuse)

    with pytest.raises(type(error)):
        store.latest()


def test_the_store_remembers_the_trackers_run(options, store):
    store.remember_run("run-b")
    assert store.latest_run_id() is None  # nothing to resume yet

    store.save(new_trainee(options, CPU), 1, options, digest="d")
    assert store.latest_run_id() == "run-b"


@pytest.fixture
def saved(options, store):
    store.save(new_trainee(options, CPU), 1, options, digest="data-one")
    return store.latest()


def test_a_state_of_other_data_is_refused(saved, options):
    with pytest.raises(
        ValueError, match=r"on data data-one.*of data data-two.*resume=false"
    ):
        restore(saved, new_trainee(options, CPU), options, digest="data-two")


def test_a_state_of_patches_that_were_cut_otherwise_is_refused(options, store):
    trainee = new_trainee(options, CPU)
    store.save(trainee, 1, options, digest="d", fingerprint="256 by 200")
    saved = store.latest()

    restore(saved, trainee, options, digest="d", fingerprint="256 by 200")
    with pytest.raises(ValueError, match=r"cut otherwise.*stride.*resume=false"):
        restore(saved, trainee, options, digest="d", fingerprint="128 by 100")


def test_a_state_that_does_not_know_its_patches_is_gone_on_from(saved, options):
    trainee = new_trainee(options, CPU)

    restore(saved, trainee, options, digest="data-one", fingerprint="128 by 100")


def test_a_state_of_other_options_is_refused_with_the_difference(saved, options):
    changed = options.model_copy(update={"batch_size": 3, "steps": 99})

    with pytest.raises(ValueError, match=r"other options \(batch_size: 2 -> 3\)"):
        restore(saved, new_trainee(changed, CPU), changed, digest="data-one")


def test_a_state_of_another_network_is_refused_with_the_difference(saved, options):
    network = options.network.model_copy(update={"channels": 4})
    changed = options.model_copy(update={"network": network})

    with pytest.raises(ValueError, match=r"network: .*'channels': 8.*'channels': 4"):
        restore(saved, new_trainee(changed, CPU), changed, digest="data-one")


def test_a_state_of_a_newer_version_is_refused(saved, options):
    saved.content["version"] = 3

    with pytest.raises(ValueError, match="version 3.*Upgrade"):
        restore(saved, new_trainee(options, CPU), options, digest="data-one")


def test_a_state_of_an_older_version_is_refused(saved, options):
    saved.content["version"] = 1

    with pytest.raises(ValueError, match="version 1.*other crops.*resume=false"):
        restore(saved, new_trainee(options, CPU), options, digest="data-one")


def test_the_best_state_outlives_the_newest(options, store):
    trainee = new_trainee(options, CPU)
    for step, best in ((1, 30.0), (2, None), (3, 31.0), (4, None), (5, None)):
        moment = Best(step, best) if best else None
        store.save(trainee, step, options, digest="d", best=moment)

    states = sorted(path.name for path in store.folder.glob("*.pt"))
    assert states == [f"step_00000000{step}.pt" for step in (3, 4, 5)]
    assert store.best() == Best(3, 31.0)
    assert store.latest().step == 5


def test_a_new_training_has_no_best_yet(options, store):
    best = Best(1, 30.0)
    store.save(new_trainee(options, CPU), 1, options, digest="d", best=best)

    store.set_aside()

    assert store.best() is None
    assert (store.folder / "previous_1" / "best.json").exists()


def test_a_resumed_average_gives_the_numbers_of_an_uninterrupted_one(
    patches, options, store
):
    options = options.model_copy(update={"ema_decay": 0.5})
    batches = Batches(patches, options)
    whole, stopped = new_trainee(options, CPU), new_trainee(options, CPU)
    list(train_steps(whole, batches, options))
    for report in train_steps(stopped, batches, options):
        if report.step == 4:
            store.save(stopped, 4, options, digest="d")
            break

    resumed = new_trainee(options, CPU)
    restore(store.latest(), resumed, options, digest="d")
    list(train_steps(resumed, batches, options, start=4))

    pairs = zip(resumed.average.parameters(), whole.average.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def test_a_state_is_never_unpickled(options, store, tmp_path):
    store.folder.mkdir()
    marker = tmp_path / "executed"

    class Malice:
        def __reduce__(self):
            return (marker.touch, ())

    torch.save({"version": Malice()}, store.folder / "step_000000001.pt")

    with pytest.raises(ValueError, match="states in .* names '.* getattr', which"):
        store.latest()
    assert not marker.exists()


def test_an_option_that_a_state_does_not_know_had_its_default(saved, options):
    then = json.loads(saved.content["options"])
    del then["subsampler"]
    old = saved._replace(content=saved.content | {"options": json.dumps(then)})
    changed = options.model_copy(update={"subsampler": "unshuffle"})

    restore(old, new_trainee(options, CPU), options, digest="data-one")
    with pytest.raises(ValueError, match=r"subsampler: random -> unshuffle"):
        restore(old, new_trainee(options, CPU), changed, digest="data-one")


@pytest.mark.parametrize("text", ["", "[1]", '{"run_id": 1}', '{"other": 2}'])
def test_notes_beside_the_states_that_are_not_ours_are_done_without(
    options, store, caplog, text
):
    """As a power failure leaves them where the file system does not keep order."""
    store.save(new_trainee(options, CPU), 1, options, digest="d")
    for name in ("run.json", "best.json"):
        (store.folder / name).write_text(text)

    assert store.latest_run_id() is None
    assert store.best() is None
    assert "run.json does not hold run_id as JSON: training goes on" in caplog.text


@pytest.mark.parametrize("part", ["exp_avg", "step", "network"])
def test_numbers_of_another_shape_are_an_error_before_memory_is_spent(
    options, store, part
):
    trainee = new_trainee(options, CPU)
    for parameter in trainee.net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    trainee.optimiser.step()
    store.save(trainee, 1, options, digest="d")
    saved = store.latest()
    huge = torch.zeros(1).expand(10**12)  # one number, seen a million million times
    if part == "network":
        saved.content["network"]["conv0.bias"] = huge
    else:
        saved.content["optimiser"][3][part] = huge

    with pytest.raises(ValueError, match="does not fit the network.*Was the file edit"):
        restore(saved, new_trainee(options, CPU), options, digest="d")
