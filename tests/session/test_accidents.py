"""What can happen to a training, and that nothing but time is lost by it."""

import re
import signal

import pytest
import torch

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

STEPS, ACCIDENT = 12, 7
RUN_ID = re.compile(r"Tracked by MLflow as run \S+ \((\w+)\)")
AT_A_STEP = """
import os, signal
from cbsn_pipeline.training.monitoring.monitor import Monitor
add = Monitor.add
def accident(self, report):
    add(self, report)
    if report.step == {step}:
        {happens}
Monitor.add = accident
"""
SIGNAL = "os.kill(os.getpid(), signal.{name})"
FULL_DISK = """
import torch
save = torch.save
def full(content, file):
    if content["step"] == 8:
        file.write(b"half a state")
        raise OSError(28, "No space left on device")
    save(content, file)
torch.save = full
"""
OUT_OF_MEMORY = "import torch; raise torch.OutOfMemoryError('CUDA out of memory')"
NOT_A_NUMBER = (
    "self._trainer.net.conv0.bias.data.fill_(float('nan'))  # as a bad update would"
)

# What is done to the process, its exit status, MLflow's, the step of the last state,
# and what is said.
ACCIDENTS = {
    "kill -9": (
        AT_A_STEP.format(step=ACCIDENT, happens=SIGNAL.format(name="SIGKILL")),
        -signal.SIGKILL,
        "RUNNING",  # nobody was there to say so; the next run would call it KILLED
        6,
        "",
    ),
    "SIGTERM": (
        AT_A_STEP.format(step=ACCIDENT, happens=SIGNAL.format(name="SIGTERM")),
        128 + signal.SIGTERM,
        "KILLED",
        7,
        "train.resume=true",
    ),
    "Ctrl-C": (
        AT_A_STEP.format(step=ACCIDENT, happens=SIGNAL.format(name="SIGINT")),
        1,
        "KILLED",
        7,
        "train.resume=true",
    ),
    "full disk": (
        FULL_DISK,
        1,
        "FAILED",
        6,
        "The state of step 8 could not be written",
    ),
    "out of memory": (
        AT_A_STEP.format(step=ACCIDENT, happens=OUT_OF_MEMORY),
        1,
        "FAILED",
        6,
        "Lower train.batch_size or train.crop_size",
    ),
    "not a number": (
        AT_A_STEP.format(step=ACCIDENT, happens=NOT_A_NUMBER),
        1,
        "FAILED",
        6,
        "The loss of step 8 is not finite",
    ),
}


@pytest.fixture(scope="module")
def parameters(tiny):
    options = tiny | {
        "network": {"channels": 16, "blocks": 1},
        "steps": STEPS,
        "log_every": 1,
        "validate_every": 6,
        "ema_decay": 0.9,
    }
    words = []
    for name, value in options.items():
        tree = value if isinstance(value, dict) else {None: value}
        for key, leaf in tree.items():
            words.append(f"train.{name}{f'.{key}' if key else ''}={leaf}")
    return ",".join(words)


@pytest.fixture(scope="module")
def weights(project):
    """The raw and the averaged weights of the newest denoiser."""

    def read():
        from cbsn_pipeline.cbsn import Denoiser

        folder = project / "data" / "06_models" / "sample" / "denoiser.safetensors"
        newest = max(folder.iterdir()) / "denoiser.safetensors"
        denoiser = Denoiser.load(newest)
        nets = denoiser.net, denoiser.average
        return torch.cat([p.detach().flatten() for n in nets for p in n.parameters()])

    return read


@pytest.fixture(scope="module")
def undisturbed(kedro, parameters, weights):
    with kedro("run", "--pipelines=train", "--params", parameters) as process:
        output = process.stdout.read()
    assert process.returncode == 0, output
    return weights()


@pytest.mark.parametrize("name", ACCIDENTS)
def test_a_training_goes_on_as_if_nothing_had_happened(
    name, kedro, tracked, project, parameters, weights, undisturbed
):
    before, status, called, last_state, says = ACCIDENTS[name]

    def run_of(output):
        run_id = RUN_ID.search(output)[1]
        return next(run for run in tracked() if run.info.run_id == run_id)

    arguments = ["run", "--pipelines", "train_only", "--params"]
    with kedro(*arguments, parameters, before=before) as process:
        output = process.stdout.read()
    assert process.returncode == status, output
    assert says in output
    disturbed = run_of(output)
    assert disturbed.info.status == called
    folder = project / "data" / "06_models" / "sample" / "state"
    states = sorted(folder.glob("step_*"))
    assert states[-1].name == f"step_{last_state:09d}.pt"
    assert not list(folder.glob(".step_*"))

    with kedro(*arguments, f"{parameters},train.resume=true") as process:
        output = process.stdout.read()

    assert process.returncode == 0, output
    assert f"Resuming after step {last_state}" in output
    resumed = run_of(output)
    assert resumed.info.run_id == disturbed.info.run_id
    assert resumed.info.status == "FINISHED"
    assert torch.equal(weights(), undisturbed)
