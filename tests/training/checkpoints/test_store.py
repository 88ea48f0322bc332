import pytest
import torch

from cbsn_pipeline.training.checkpoints import store as module
from cbsn_pipeline.training.checkpoints.store import Best, StateStore
from cbsn_pipeline.training.trainer_state import new_trainer_state

CPU = torch.device("cpu")


@pytest.fixture
def store(tmp_path):
    return StateStore(tmp_path / "state")


def test_only_the_newest_states_are_kept(options, store):
    trainer = new_trainer_state(options, CPU)
    for step in (1, 2, 3):
        store.save(trainer, step, options, digest="d")

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
    trainer = new_trainer_state(options, CPU)
    store.save(trainer, 1, options, digest="d")

    def full_disk(content, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="step 2 could not.*No space left.*untouched"):
        store.save(trainer, 2, options, digest="d")

    assert [path.name for path in store.folder.iterdir()] == ["step_000000001.pt"]
    assert store.latest().step == 1


@pytest.mark.filterwarnings("ignore")
def test_a_disk_that_really_refuses_is_named(options, store):
    """A limit on the size of files: torch's own writer meets it half-way."""
    import resource

    trainer = new_trainer_state(options, CPU)
    store.save(trainer, 1, options, digest="d")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OSError, match="step 2 could not be written .*too large"):
            store.save(trainer, 2, options, digest="d")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [path.name for path in store.folder.iterdir()] == ["step_000000001.pt"]


def test_the_next_save_removes_what_a_killed_run_left(options, store):
    store.folder.mkdir()
    (store.folder / ".step_000000001-host-1-x.pt").write_bytes(b"half")

    store.save(new_trainer_state(options, CPU), 2, options, digest="d")

    assert [path.name for path in store.folder.iterdir()] == ["step_000000002.pt"]


def test_a_damaged_state_is_passed_over_with_a_warning(options, store, caplog):
    trainer = new_trainer_state(options, CPU)
    store.save(trainer, 1, options, digest="d")
    newest = store.save(trainer, 2, options, digest="d")
    newest.write_bytes(newest.read_bytes()[:1000])

    saved = store.latest()

    assert saved.step == 1
    assert "step_000000002.pt cannot be read" in caplog.text


def test_a_new_training_sets_the_old_states_aside(options, store):
    trainer = new_trainer_state(options, CPU)
    store.save(trainer, 5, options, digest="d")
    store.remember_run("run-a")

    store.set_aside()

    assert store.latest() is None
    assert store.latest_run_id() is None
    first = store.folder / "previous_1"
    assert sorted(p.name for p in first.iterdir()) == ["run.json", "step_000000005.pt"]
    store.save(trainer, 6, options, digest="d")
    store.set_aside()
    assert (store.folder / "previous_2" / "step_000000006.pt").exists()
    assert (first / "step_000000005.pt").exists()  # somebody may have forgotten resume


def test_hosts_that_share_a_disk_have_runs_of_their_own(options, store):
    store.save(new_trainer_state(options, CPU), 1, options, digest="d")
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
    store.save(
        new_trainer_state(options, CPU), 1, options, digest="d", best=Best(1, 40.0)
    )
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
    trainer = new_trainer_state(options, CPU)
    store.save(trainer, 10, one, digest="d").write_bytes(b"damaged")

    path = store.save(trainer, 7, one, digest="d")

    assert path.exists()
    assert store.latest().step == 7


@pytest.mark.parametrize("error", [PermissionError(13, "no"), MemoryError()], ids=str)
def test_a_state_that_the_machine_refuses_is_not_called_damaged(
    options, store, monkeypatch, error
):
    store.save(new_trainer_state(options, CPU), 1, options, digest="d")

    def refuse(*inputs, **settings):
        raise error

    monkeypatch.setattr(torch, "load", refuse)

    with pytest.raises(type(error)):
        store.latest()


def test_the_store_remembers_the_trackers_run(options, store):
    store.remember_run("run-b")
    assert store.latest_run_id() is None  # nothing to resume yet

    store.save(new_trainer_state(options, CPU), 1, options, digest="d")
    assert store.latest_run_id() == "run-b"


def test_the_best_state_outlives_the_newest(options, store):
    trainer = new_trainer_state(options, CPU)
    for step, best in ((1, 30.0), (2, None), (3, 31.0), (4, None), (5, None)):
        moment = Best(step, best) if best else None
        store.save(trainer, step, options, digest="d", best=moment)

    states = sorted(path.name for path in store.folder.glob("*.pt"))
    assert states == [f"step_00000000{step}.pt" for step in (3, 4, 5)]
    assert store.best() == Best(3, 31.0)
    assert store.latest().step == 5


def test_a_new_training_has_no_best_yet(options, store):
    best = Best(1, 30.0)
    store.save(new_trainer_state(options, CPU), 1, options, digest="d", best=best)

    store.set_aside()

    assert store.best() is None
    assert (store.folder / "previous_1" / "best.json").exists()


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


@pytest.mark.parametrize("text", ["", "[1]", '{"run_id": 1}', '{"other": 2}'])
def test_notes_beside_the_states_that_are_not_ours_are_done_without(
    options, store, caplog, text
):
    """As a power failure leaves them where the file system does not keep order."""
    store.save(new_trainer_state(options, CPU), 1, options, digest="d")
    for name in ("run.json", "best.json"):
        (store.folder / name).write_text(text)

    assert store.latest_run_id() is None
    assert store.best() is None
    assert "run.json does not hold run_id as JSON: training goes on" in caplog.text
