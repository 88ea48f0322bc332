"""A whole training without Kedro: what is saved, when, and what is said."""

import logging
from itertools import cycle

import numpy as np
import pytest
import torch

from cbsn_pipeline.training.checkpoints import store as state
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.loop import NonFiniteLossError
from cbsn_pipeline.training.monitoring.monitor import Monitor
from cbsn_pipeline.training.monitoring.recorder import NoRecorder
from cbsn_pipeline.training.monitoring.saver import Saver
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.run import Materials, train


class Notes(NoRecorder):
    """Keeps metrics and tags."""

    def __init__(self):
        self.metrics, self.tags, self.advanced = {}, {}, []

    def log_metrics(self, values, step):
        for name, value in values.items():
            self.metrics.setdefault(name, {})[step] = value

    def set_tags(self, values):
        self.tags.update(values)

    def advance(self, step, headline):
        self.advanced.append(step)


@pytest.fixture
def options(options):
    return options.model_copy(
        update={"device": "cpu", "log_every": 2, "validate_every": 3, "save_every": 100}
    )


@pytest.fixture
def held_out():
    blocks = np.random.default_rng(0).integers(256, size=(1, 2, 20, 20, 3))
    blocks = blocks.astype(np.uint8)
    return WatchedBlocks.choose(blocks, blocks, count=2)


@pytest.fixture
def materials(patches, held_out, tmp_path):
    return Materials(patches, held_out, tmp_path / "state")


def test_curves_alarms_and_averages_are_told(materials, options):
    notes = Notes()
    options = options.model_copy(update={"ema_decay": 0.9})

    outcome = train(materials, options, recorder=notes)

    assert notes.advanced == [1, 2, 3, 4, 5, 6]
    assert list(notes.metrics["train/loss_total"]) == [2, 3, 4, 6]
    assert list(notes.metrics["held_out/psnr_db"]) == [3, 6]
    assert list(notes.metrics["held_out/psnr_db_ema"]) == [3, 6]
    assert list(notes.metrics["watch/colour_drift"]) == [3, 6]
    assert "alarm.colour_drift" in notes.tags  # of a network that has hardly begun
    assert notes.tags["alarm.colour_drift"].startswith("Step ")
    assert outcome.average is not None
    assert set(outcome.report["held_out"][0]) == {"step", "psnr_db", "psnr_db_ema"}
    assert outcome.report["alarms"]
    assert outcome.report["speed"]


def test_the_best_state_is_kept_and_named(materials, options, monkeypatch):
    scores = iter([30.0, 29.0])

    real = WatchedBlocks.score
    monkeypatch.setattr(
        WatchedBlocks,
        "score",
        lambda self, net: real(self, net)._replace(psnr_db=next(scores)),
    )
    train(materials, options.model_copy(update={"keep_states": 1}))

    store = StateStore(materials.state_folder)
    assert store.best() == (3, 30.0)
    names = sorted(path.name for path in store.folder.glob("*.pt"))
    assert names == ["step_000000003.pt", "step_000000006.pt"]


def test_a_state_is_saved_when_minutes_have_passed(materials, options, monkeypatch):
    saved = []
    save = StateStore.save

    def note(self, trainer, step, *rest, **named):
        saved.append(step)
        return save(self, trainer, step, *rest, **named)

    monkeypatch.setattr(StateStore, "save", note)
    minutes = cycle([9.0, 18.0])
    monkeypatch.setattr(Saver, "minutes_unsaved", property(lambda self: next(minutes)))
    options = options.model_copy(
        update={"validate_every": 100, "log_every": 100, "save_every_minutes": 15.0}
    )

    train(materials, options)

    assert saved == [2, 4, 6]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"),
        MemoryError(),
    ],
    ids=str,
)
def test_every_way_of_running_out_of_memory_gets_advice(
    materials, options, monkeypatch, error
):
    def add(self, report):
        raise error

    monkeypatch.setattr(Monitor, "add", add)

    advice = r"8 channels x 1 blocks on 2 crops of 10 x 10 .*Lower train.batch_size"
    with pytest.raises(MemoryError, match=advice):
        train(materials, options)


def test_the_time_of_all_sessions_is_added_up(materials, options):
    train(materials, options.model_copy(update={"steps": 4}))
    saved = StateStore(materials.state_folder).latest().content["seconds"]
    resumed = options.model_copy(update={"resume": True})

    report = train(materials, resumed).report

    assert report["resumed_after_step"] == 4
    assert saved > 0
    total = saved + report["seconds"]
    assert report["seconds_of_all_sessions"] == pytest.approx(total, abs=0.002)


def test_the_curve_of_all_sessions_is_one(materials, options):
    first = train(materials, options.model_copy(update={"steps": 4})).report
    resumed = options.model_copy(update={"resume": True})

    second = train(materials, resumed).report

    assert [score["step"] for score in first["held_out"]] == [3, 4]
    assert [score["step"] for score in second["held_out"]] == [3, 4, 6]
    assert second["held_out"][:2] == first["held_out"]


def test_steps_that_were_taken_cannot_be_taken_back(materials, options):
    train(materials, options)
    fewer = options.model_copy(update={"steps": 4, "resume": True})

    with pytest.raises(ValueError, match=r"taken 6 steps, train.steps is 4"):
        train(materials, fewer)


def test_alarms_of_all_sessions_are_told(materials, options):
    first = train(materials, options.model_copy(update={"steps": 4})).report
    resumed = options.model_copy(update={"resume": True})

    second = train(materials, resumed).report

    assert first["alarms"]
    assert second["alarms"][: len(first["alarms"])] == first["alarms"]


def test_precisions_of_all_sessions_are_told(materials, options, caplog):
    first = options.model_copy(update={"steps": 4})  # 8 channels: no CPU takes bfloat16
    train(materials, first)
    path = StateStore(materials.state_folder).latest_path()
    content = torch.load(path, weights_only=True)
    content["precisions"] = ["bfloat16"]  # as on a GPU
    torch.save(content, path)
    resumed = first.model_copy(update={"steps": 6, "resume": True})

    report = train(materials, resumed).report

    now = report["precisions"][-1]
    assert report["precisions"] == (
        ["bfloat16"] if now == "bfloat16" else ["bfloat16", "float32"]
    )
    assert now == "bfloat16" or "computed in bfloat16, the next ones" in caplog.text


def test_a_folder_that_another_training_writes_to_is_refused(
    materials, options, monkeypatch
):
    monkeypatch.setattr(state, "LOCK_SECONDS", 0.0)
    store = StateStore(materials.state_folder)

    with (
        store.only_writer(),
        pytest.raises(OSError, match="Another training writes its states"),
    ):
        train(materials, options)


def test_steps_are_saved_when_scoring_takes_too_much_memory(
    materials, options, monkeypatch
):
    def validate(self, step):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Monitor, "validate", validate)
    options = options.model_copy(update={"validate_every": 3, "save_every": 100})

    with pytest.raises(MemoryError, match=r"Lower train.batch_size"):
        train(materials, options)

    assert StateStore(materials.state_folder).latest().step == 3


def test_a_state_without_a_curve_is_gone_on_from(materials, options):
    train(materials, options.model_copy(update={"steps": 4}))
    path = StateStore(materials.state_folder).latest_path()
    content = torch.load(path, weights_only=True)
    del content["held_out"]
    torch.save(content, path)

    report = train(materials, options.model_copy(update={"resume": True})).report

    assert [score["step"] for score in report["held_out"]] == [6]


def test_other_errors_stay_what_they_are(materials, options, monkeypatch):
    def add(self, report):
        raise RuntimeError("something else")

    monkeypatch.setattr(Monitor, "add", add)

    with pytest.raises(RuntimeError, match="something else"):
        train(materials, options)


def test_weights_that_an_update_spoiled_are_not_saved(materials, options, monkeypatch):
    notes = Notes()
    add = Monitor.add

    def spoil(self, report):
        add(self, report)
        if report.step == 3:
            self._trainer.net.conv0.bias.data.fill_(float("inf"))

    monkeypatch.setattr(Monitor, "add", spoil)

    with pytest.raises(NonFiniteLossError, match="weights after step 3 are not finite"):
        train(materials, options, recorder=notes)

    assert "not finite" in notes.tags["alarm.not_finite"]
    assert StateStore(materials.state_folder).latest() is None


def test_choices_and_fallbacks_are_said(materials, options, caplog):
    caplog.set_level(logging.INFO)
    speed = options.speed.model_copy(update={"cuda_graphs": True})

    train(materials, options.model_copy(update={"speed": speed}))

    assert "Training on cpu:" in caplog.text
    assert "cuda_graphs is off: CUDA graphs do not exist on a cpu." in caplog.text
