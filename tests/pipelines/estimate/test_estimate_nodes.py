import logging
import shutil
from collections import namedtuple
from io import StringIO

import pytest
import torch
from rich.console import Console

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.pipelines.estimate import create_pipeline, nodes
from cbsn_pipeline.pipelines.estimate.nodes import (
    describe_disk,
    describe_pace,
    estimate_training,
    format_report,
)
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.estimate import estimate as module
from cbsn_pipeline.training.estimate.bench import Size, Trial
from cbsn_pipeline.training.estimate.estimate import Estimate, Largest
from cbsn_pipeline.training.hardware.speed import PLAIN
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import new_trainer_state

GIB = 2**30
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def options():
    return TrainOptions(steps=1000, ramp_steps=400)


@pytest.fixture
def found():
    return Estimate(
        device="cpu, 2 threads",
        processes=1,
        parameters=3_656_131,
        speed=PLAIN._replace(notes=("compile is off: no compiler.",)),
        step_flop=2e12,
        trial=Trial(Size(4, 120), 17.0, 10, 40.0, 3 * GIB, None),
        available_bytes=20 * GIB,
        batch=Largest(25),
        crop=Largest(300),
        tried=False,
    )


@pytest.fixture
def run(found, options, monkeypatch, tmp_path):
    """Run the node on what was found, or on changes of it."""

    def run(**changes):
        monkeypatch.setattr(module, "estimate", lambda _: found._replace(**changes))
        return estimate_training(options, tmp_path / "state")

    return run


def shown(report):
    console = Console(file=StringIO(), width=100)
    console.print(format_report(report))
    return console.file.getvalue()


def test_the_pace_tells_when_all_steps_and_the_ramp_are_done(found, options):
    pace = describe_pace(found, options)

    assert pace["steps_per_second"] == 0.25  # 10 in 40 s
    assert pace["megapixels_per_second"] == pytest.approx(0.0144)  # 4 x 120 x 120 / 4
    assert pace["tflop_per_second"] == 0.5
    assert pace["seconds_for_all_steps"] == 4000
    assert pace["seconds_for_ramp"] == 1600


def test_a_ramp_longer_than_the_training_ends_with_it(found, options):
    update = {"ramp_steps": 2000}

    pace = describe_pace(found, options.model_copy(update=update))

    assert pace["seconds_for_ramp"] == 4000


@pytest.mark.parametrize("ema_decay", [None, 0.9])
def test_the_sizes_on_disk_are_those_of_the_files(tmp_path, ema_decay):
    network = {"channels": 64, "blocks": 3}
    options = TrainOptions(network=network, keep_states=3, ema_decay=ema_decay)
    trainer = new_trainer_state(options, torch.device("cpu"))
    for parameter in trainer.net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    trainer.optimiser.step()
    state = StateStore(tmp_path).save(trainer, 1, options, digest="0" * 64)
    Denoiser(trainer.net, average=trainer.average).save(tmp_path / "denoiser")

    disk = describe_disk(trainer.net.num_parameters, options, tmp_path)

    assert disk["state_bytes"] == pytest.approx(state.stat().st_size, rel=0.05)
    file = tmp_path / "denoiser"
    assert disk["denoiser_bytes"] == pytest.approx(file.stat().st_size, rel=0.1)
    assert disk["states"] == 5  # the best and one being written
    assert disk["disk_bytes"] == 5 * disk["state_bytes"] + disk["denoiser_bytes"]


def test_the_disk_is_found_though_the_folder_is_not_there_yet(options, tmp_path):
    disk = describe_disk(1000, options, tmp_path / "06_models" / "sidd" / "state")

    assert disk["free_disk_bytes"] == pytest.approx(
        shutil.disk_usage(tmp_path).free, rel=0.01
    )


def test_the_report_holds_what_was_found(run):
    report, *_ = run()

    assert report["fits_memory"] is True
    assert report["peak_memory_bytes"] == 3 * GIB
    assert report["largest_batch_size"] == 25
    assert report["largest_crop_size"] == 300
    assert "compile is off: no compiler." in report["notes"]
    assert any("Random patches" in note for note in report["notes"])


def test_numbers_are_metrics_and_the_device_is_a_tag(run):
    report, logged, tags = run()

    assert tags == {"device": report["device"]}
    assert logged["estimate/steps_per_second"] == 0.25
    assert logged["estimate/largest_batch_size"] == 25
    assert "estimate/device" not in logged
    assert "estimate/reserved_memory_bytes" not in logged


def test_the_table_is_shown(run, capsys):
    run()

    lines = capsys.readouterr().out.splitlines()
    assert any(
        "steps per second" in line and "0.25 (10 steps" in line for line in lines
    )
    assert any("all 1,000 steps" in line and "1 h 6 min" in line for line in lines)
    assert any("ramp of 400" in line and "26 min 40 s" in line for line in lines)
    assert any("peak memory" in line and "3.0 GiB; 20.0 GiB" in line for line in lines)
    assert any("25 (extrapolated) at crop 120" in line for line in lines)
    assert any("300 (extrapolated) at batch 4" in line for line in lines)
    assert any("181.9 MiB (4 states of 41." in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_what_does_not_fit_is_said_with_what_does(run, caplog):
    report, *_ = run(trial=None, batch=Largest(2), crop=Largest(80))

    assert report["fits_memory"] is False
    assert report["steps_per_second"] is None
    assert "4 crops of 120 x 120 do not fit into the 20.0 GiB of memory" in caplog.text
    assert "batch 2 (extrapolated), or crop 80 (extrapolated)" in caplog.text
    text = shown(report)
    assert "not measured: memory does not suffice" in text
    assert "more than there is; 20.0 GiB available" in text


def test_a_disk_that_is_too_small_is_a_warning(run, monkeypatch, caplog):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 2**20))

    report, *_ = run()

    assert "the disk has 1 MiB free, this training needs 181.9 MiB" in caplog.text
    assert "lower train.keep_states" in caplog.text
    assert "1 MiB free: NOT ENOUGH" in shown(report)


def test_without_a_reason_there_is_no_warning(run, caplog):
    caplog.set_level(logging.WARNING)

    run()

    assert not caplog.records


def test_of_a_gpu_the_table_says_what_was_tried_and_reserved(run):
    trial = Trial(Size(4, 120), 60.0, 600, 5.0, 3 * GIB, 4 * GIB)
    speed = PLAIN._replace(patches_on_device=True)
    report, *_ = run(
        device="cuda:0, NVIDIA [test]",
        processes=2,
        speed=speed,
        trial=trial,
        batch=Largest(4096, more_may_fit=True),
        tried=True,
    )

    text = shown(report)
    assert "cuda:0, NVIDIA [test]; 2 processes" in text
    assert "3.0 GiB (4.0 GiB reserved)" in text
    assert "at least 4,096 (tried) at crop 120" in text
    assert "One of 2 processes was measured" in text
    assert "The patches will be in GPU memory too" in text


@pytest.mark.parametrize(("load", "said"), [(3.6, True), (0.4, False)])
def test_a_busy_machine_is_noted(run, monkeypatch, load, said):
    monkeypatch.setattr(nodes.os, "getloadavg", lambda: (load, 9.0, 9.0))
    monkeypatch.setattr(nodes, "num_cores", lambda: 2)

    notes = " ".join(run()[0]["notes"])

    assert ("load average 3.6 on 2 cores" in notes) is said


def test_what_cannot_be_told_is_not_guessed(run):
    report, *_ = run(batch=None, crop=None)

    assert report["largest_batch_size"] is None
    assert "unknown: too small a need to extrapolate from" in shown(report)


def test_where_nothing_fits_the_table_says_none(run):
    assert "none at crop 120" in shown(run(trial=None, batch=Largest(0))[0])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "0.5 s"), (90, "1 min 30 s"), (3700, "1 h 1 min"), (180_000, "2 d 2 h")],
)
def test_durations_have_their_two_largest_units(seconds, text):
    assert nodes._duration(seconds) == text


def test_the_stage_needs_options_and_a_folder_only():
    pipeline = create_pipeline()

    assert pipeline.inputs() == {"params:train", "training_state"}
    assert pipeline.outputs() == {
        *("estimate_report", "estimate_metrics", "estimate_tags")
    }
