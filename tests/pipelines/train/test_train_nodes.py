import logging
import os
import signal

import numpy as np
import pytest
import torch

from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage
from cbsn_pipeline.pipelines.train import create_pipeline
from cbsn_pipeline.pipelines.train.nodes import train_denoiser
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.loop import NonFiniteLossError
from cbsn_pipeline.training.monitoring.monitor import Monitor
from cbsn_pipeline.training.options import TrainOptions


@pytest.fixture
def manifest():
    image = ManifestImage(
        name="a.png",
        path="a.png",
        bytes=3,
        file_sha256="f",
        pixel_sha256="p",
        height=12,
        width=12,
        dtype="uint8",
    )
    return Manifest.of("photos", [image])


@pytest.fixture
def patches(manifest):
    class Patches:
        digest = fingerprint = manifest.digest

        def __len__(self):
            return 3

        def __getitem__(self, index):
            rng = np.random.default_rng(index)
            return rng.integers(256, size=(12, 12, 3), dtype=np.uint8)

        def describe(self, index):
            return f"a.png (row {index}, column 0)"

    return Patches()


@pytest.fixture
def options():
    return TrainOptions(
        network={"channels": 4, "blocks": 1},
        steps=8,
        batch_size=2,
        crop_size=10,
        log_every=2,
        save_every=4,
        validate_every=4,
        validation_blocks=2,
        device="cpu",
    )


@pytest.fixture
def blocks():
    rng = np.random.default_rng(0)
    return rng.integers(256, size=(2, 3, 16, 16, 3), dtype=np.uint8)


def weights(denoiser):
    return torch.cat([p.detach().flatten() for p in denoiser.net.parameters()])


def test_training_gives_a_denoiser_with_its_provenance_and_a_report(
    patches, manifest, tmp_path, options, blocks
):
    denoiser, report = train_denoiser(
        patches, manifest, tmp_path / "state", blocks, blocks, options
    )

    assert denoiser.provenance.data_digest == manifest.digest
    assert denoiser.provenance.data_kind == "photos"
    assert denoiser.provenance.trained_on == ("p",)
    assert denoiser.provenance.steps == 8
    assert report["steps"] == 8
    assert [entry["step"] for entry in report["held_out"]] == [4, 8]
    assert set(report["losses"]) == {"total", "blind", "invariance", "visible"}
    assert StateStore(tmp_path / "state").latest().step == 8


def test_without_held_out_blocks_the_losses_alone_are_watched(
    patches, manifest, tmp_path, options, caplog
):
    caplog.set_level(logging.INFO)

    _, report = train_denoiser(patches, manifest, tmp_path, None, None, options)

    assert report["held_out"] == []
    assert "No held-out blocks" in caplog.text


def test_ctrl_c_saves_says_how_to_go_on_and_resuming_changes_no_number(
    patches, manifest, tmp_path, options, caplog, monkeypatch
):
    whole, _ = train_denoiser(
        patches, manifest, tmp_path / "whole", None, None, options
    )
    add = Monitor.add

    def interrupt_at_step_three(self, report):
        add(self, report)
        if report.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Monitor, "add", interrupt_at_step_three)
        with pytest.raises(KeyboardInterrupt):
            train_denoiser(patches, manifest, tmp_path / "cut", None, None, options)
    assert StateStore(tmp_path / "cut").latest().step == 3
    assert "Stopped after step 3" in caplog.text
    assert "--params train.resume=true" in caplog.text

    resume = options.model_copy(update={"resume": True})
    resumed, report = train_denoiser(
        patches, manifest, tmp_path / "cut", None, None, resume
    )

    assert report["resumed_after_step"] == 3
    assert torch.equal(weights(resumed), weights(whole))


def test_resuming_without_a_state_starts_at_step_0_and_says_so(
    patches, manifest, tmp_path, options, caplog
):
    caplog.set_level(logging.INFO)
    resume = options.model_copy(update={"resume": True})

    _, report = train_denoiser(patches, manifest, tmp_path, None, None, resume)

    assert report["resumed_after_step"] == 0
    assert "holds no state yet: starting at step 0" in caplog.text


def test_resuming_a_finished_training_gives_its_denoiser_again(
    patches, manifest, tmp_path, options
):
    first, _ = train_denoiser(patches, manifest, tmp_path, None, None, options)
    resume = options.model_copy(update={"resume": True})

    again, _ = train_denoiser(patches, manifest, tmp_path, None, None, resume)

    assert torch.equal(weights(again), weights(first))


def test_a_loss_that_is_no_number_names_the_last_good_state(
    patches, manifest, tmp_path, options, monkeypatch
):
    add = Monitor.add

    def poison_after_step_five(self, report):
        add(self, report)
        if report.step == 5:
            with torch.no_grad():
                self._trainer.net.conv0.bias.fill_(float("nan"))

    monkeypatch.setattr(Monitor, "add", poison_after_step_five)
    with pytest.raises(NonFiniteLossError) as caught:
        train_denoiser(patches, manifest, tmp_path, None, None, options)

    message = str(caught.value)
    assert "loss of step 6 is not finite" in message
    assert "a.png (row" in message
    assert "last good state is" in message
    assert "step_000000004.pt" in message
    assert StateStore(tmp_path).latest().step == 4


def test_before_the_first_state_a_bad_loss_says_so(
    patches, manifest, tmp_path, options, monkeypatch
):
    add = Monitor.add

    def poison_at_once(self, report):
        add(self, report)
        with torch.no_grad():
            self._trainer.net.conv0.bias.fill_(float("nan"))

    monkeypatch.setattr(Monitor, "add", poison_at_once)
    with pytest.raises(NonFiniteLossError, match="No state was saved yet"):
        train_denoiser(patches, manifest, tmp_path, None, None, options)


def test_patches_of_other_data_are_refused(patches, manifest, tmp_path, options):
    type(patches).digest = "0" * 64

    with pytest.raises(
        ValueError, match=r"patches are of data 000000000000.*cuts them"
    ):
        train_denoiser(patches, manifest, tmp_path, None, None, options)


def test_a_new_training_keeps_the_states_of_the_one_before(
    patches, manifest, tmp_path, options
):
    train_denoiser(patches, manifest, tmp_path, None, None, options)
    train_denoiser(patches, manifest, tmp_path, None, None, options)

    assert (tmp_path / "previous_1" / "step_000000008.pt").exists()


def test_a_session_without_tracking_leaves_the_run_to_go_on_with(
    patches, manifest, tmp_path, options
):
    train_denoiser(patches, manifest, tmp_path, None, None, options)
    store = StateStore(tmp_path)
    store.remember_run("run-a")
    resumed = options.model_copy(update={"resume": True})

    train_denoiser(patches, manifest, tmp_path, None, None, resumed)

    assert store.latest_run_id() == "run-a"


def test_the_stage_reads_patches_and_writes_the_network():
    pipeline = create_pipeline()

    assert pipeline.outputs() == {"cbsn", "training_report"}
    assert {"patches", "manifest", "params:train"} <= pipeline.inputs()
