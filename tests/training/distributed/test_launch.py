"""Several processes, as users start them: real launcher, real gloo, real kill -9."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cbsn_pipeline.formats.patch_file import PATCHES_VERSION, PatchFile
from cbsn_pipeline.training.distributed import launch as module
from cbsn_pipeline.training.distributed.launch import is_alone, launch, num_devices
from cbsn_pipeline.training.monitoring.recorder import NoRecorder
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.run import Materials, train

pytestmark = [pytest.mark.filterwarnings("ignore")]
slow = pytest.mark.slow
DIGEST = "0123456789abcdef" * 4


def write_patches(path, digest=DIGEST):
    import h5py

    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        file["patches"] = rng.integers(256, size=(9, 40, 40, 3), dtype=np.uint8)
        file["provenance"] = np.zeros((9, 3), np.int32)
        file["image_names"] = ["a.png"]
        file.attrs.update(
            complete=True,
            format_version=PATCHES_VERSION,
            digest=digest,
            fingerprint=digest,
            kind="photos",
        )
    return path


@pytest.fixture(scope="module")
def patches(tmp_path_factory):
    return PatchFile(write_patches(tmp_path_factory.mktemp("data") / "patches.h5"))


@pytest.fixture(scope="module")
def options():
    return TrainOptions(
        network={"channels": 8, "blocks": 1},
        steps=30,
        batch_size=4,
        crop_size=30,
        ramp_steps=10,
        save_every=5,
        log_every=1,
        validate_every=15,
        validation_blocks=2,
        device="cpu",
        precision="float32",
        devices=2,
        max_restarts=1,
    )


@pytest.fixture(scope="module")
def held_out():
    blocks = np.random.default_rng(1).integers(256, size=(1, 2, 32, 32, 3))
    blocks = blocks.astype(np.uint8)
    return WatchedBlocks.choose(blocks, blocks, count=2)


class Notes(NoRecorder):
    """Keeps the curve of the loss, and does something at a step."""

    def __init__(self, at_step=None, action=None):
        self.losses, self.images, self.tags = {}, [], {}
        self.at_step, self.action = at_step, action

    def log_metrics(self, values, step):
        if "train/loss_total" in values:
            self.losses[step] = values["train/loss_total"]
        if step == self.at_step and self.action:
            action, self.action = self.action, None
            action()

    def log_image(self, name, image_hwc, step):
        self.images.append((name, image_hwc.shape, step))

    def set_tags(self, values):
        self.tags.update(values)


def workers_of(folder):
    """Process ids of the workers whose job lies below ``folder``, by rank."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if b"cbsn_pipeline.training.distributed.worker" in command and os.fsencode(
            folder
        ) in (command):
            variables = dict(v.split(b"=", 1) for v in environment.split(b"\0") if v)
            found[int(variables[b"RANK"])] = int(process.name)
    return found


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.fixture(scope="module")
def alone(patches, held_out, options, tmp_path_factory):
    """What one process makes of the same training."""
    notes = Notes()
    materials = Materials(patches, held_out, tmp_path_factory.mktemp("alone"))
    single = options.model_copy(update={"devices": 1})
    return train(materials, single, recorder=notes), notes


@slow
def test_two_processes_train_as_one_does(patches, held_out, options, tmp_path, alone):
    expected, curve = alone
    notes = Notes()
    before = signal.getsignal(signal.SIGTERM)

    outcome = launch(
        Materials(patches, held_out, tmp_path / "state"), options, recorder=notes
    )

    assert list(notes.losses) == list(range(1, 31))
    assert notes.losses == pytest.approx(curve.losses, rel=1e-5)
    torch.testing.assert_close(
        weights(outcome.net), weights(expected.net), rtol=1e-4, atol=1e-5
    )
    assert outcome.report["processes"] == 2
    assert notes.images == curve.images
    assert signal.getsignal(signal.SIGTERM) is before
    names = sorted(path.name for path in (tmp_path / "state").iterdir())
    assert [name for name in names if name.startswith("workers_")] == []


@slow
def test_a_killed_rank_is_replaced_and_changes_no_number(
    patches, held_out, options, tmp_path, alone
):
    folder = tmp_path / "state"
    notes = Notes(12, lambda: os.kill(workers_of(folder)[1], signal.SIGKILL))

    outcome = launch(Materials(patches, held_out, folder), options, recorder=notes)

    assert notes.action is None  # it was killed
    assert notes.tags["restarts"] == "1"
    assert notes.losses == pytest.approx(alone[1].losses, rel=1e-5)
    assert outcome.report["resumed_after_step"] >= 10


@slow
def test_when_restarts_are_used_up_the_state_is_kept(patches, options, tmp_path):
    folder = tmp_path / "state"
    options = options.model_copy(update={"max_restarts": 0, "steps": 10_000})
    notes = Notes(7, lambda: os.kill(workers_of(folder)[0], signal.SIGKILL))

    with pytest.raises(
        ChildProcessError,
        match=r"Process 0 .* lost \(signal 9\).*max_restarts 0 .*resume=true",
    ):
        launch(Materials(patches, None, folder), options, recorder=notes)

    assert (folder / "step_000000005.pt").exists()


@slow
def test_an_error_of_a_worker_is_raised_here(patches, options, tmp_path):
    """A batch that cannot be shared is noticed in the workers."""
    options = options.model_copy(update={"batch_size": 3, "max_restarts": 0})

    with pytest.raises(ValueError, match=r"batch_size 3 .* by 2 processes"):
        launch(Materials(patches, None, tmp_path / "state"), options, recorder=Notes())


def test_hosts_that_do_not_meet_are_one_clear_error(
    patches, options, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "JOIN_SECONDS", 1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    update = {"devices": 1, "hosts": 2, "rendezvous": f"127.0.0.1:{port}"}

    with pytest.raises(
        ChildProcessError, match=r"hosts did not meet at 127.*expected 2.*resume=true"
    ):
        launch(
            Materials(patches, None, tmp_path / "state"),
            options.model_copy(update=update),
            recorder=Notes(),
        )


def test_nohup_holds_with_several_processes_too(
    patches, options, tmp_path, monkeypatch
):
    name, others = module.BUT_NOT_SIGHUP
    monkeypatch.setenv(name, "before")
    monkeypatch.delenv(name)
    monkeypatch.setattr(module, "elastic_launch", stop_launching)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)

    try:
        with pytest.raises(KeyError):
            launch(Materials(patches, None, tmp_path), options, recorder=Notes())
    finally:
        signal.signal(signal.SIGHUP, before)

    assert os.environ[name] == others
    assert "SIGHUP" not in others


def stop_launching(*arguments):
    raise KeyError


HOST = """
import sys
from pathlib import Path
from cbsn_pipeline.formats.patch_file import PatchFile
from cbsn_pipeline.training.run import Materials
from cbsn_pipeline.training.distributed.launch import launch
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.monitoring.recorder import NoRecorder
import logging
logging.basicConfig(level=logging.INFO)
patches, folder, options = sys.argv[1:]
options = TrainOptions.model_validate_json(options)
class Losses(NoRecorder):
    def log_metrics(self, values, step):
        if "train/loss_total" in values:
            print("loss", step, repr(values["train/loss_total"]), flush=True)
outcome = launch(
    Materials(PatchFile(Path(patches)), None, Path(folder)), options, recorder=Losses()
)
weights = sum(float(p.detach().double().sum()) for p in outcome.net.parameters())
print("weights", repr(weights))
"""


def start_hosts(options, *places):
    """Start the same training from two folders, as two machines would."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = options.model_copy(
        update={"devices": 1, "hosts": 2, "rendezvous": f"127.0.0.1:{port}"}
    )
    return [
        subprocess.Popen(
            [sys.executable, "-c", HOST, *map(str, place), options.model_dump_json()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for place in places
    ]


def curve_of(output):
    lines = [line.split() for line in output.splitlines()]
    return {int(words[1]): float(words[2]) for words in lines if words[:1] == ["loss"]}


@slow
def test_two_hosts_train_as_one_process_does(patches, options, tmp_path, alone):
    hosts = start_hosts(
        options, *[(patches.path, tmp_path / name) for name in ("one", "two")]
    )

    outputs = [host.communicate(timeout=120)[0] for host in hosts]

    assert [host.returncode for host in hosts] == [0, 0], outputs
    first, second = sorted(map(curve_of, outputs), key=len, reverse=True)
    assert first == pytest.approx(alone[1].losses, rel=1e-5)
    assert second == {}  # the first rank alone tells
    assert outputs[0].splitlines()[-1] == outputs[1].splitlines()[-1]
    written = [len(list((tmp_path / name).glob("step_*"))) for name in ("one", "two")]
    assert sorted(written) == [0, 2]  # the first rank alone writes


@slow
def test_hosts_with_different_data_are_refused(patches, options, tmp_path):
    options = options.model_copy(update={"max_restarts": 0})
    other = write_patches(tmp_path / "other.h5", digest="f" * 64)
    hosts = start_hosts(options, (patches.path, tmp_path / "one"), (other, tmp_path))

    outputs = [host.communicate(timeout=120)[0] for host in hosts]

    assert all("different training data" in output for output in outputs), outputs


def test_processes_are_counted(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)

    assert num_devices(TrainOptions(devices="auto")) == 4
    assert num_devices(TrainOptions(devices="auto", device="cuda:1")) == 3
    assert num_devices(TrainOptions(devices="auto", device="cpu")) == 1
    assert num_devices(TrainOptions(devices=3)) == 3
    assert is_alone(TrainOptions())
    assert not is_alone(TrainOptions(devices=2))
    assert not is_alone(TrainOptions(hosts=2, rendezvous="node0:29400"))
