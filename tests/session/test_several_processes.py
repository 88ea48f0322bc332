"""A training in two processes that somebody stops, as users do it."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

RUN_ID = re.compile(r"Tracked by MLflow as run \S+ \((\w+)\)")
SAVED = re.compile(r"Step (\d+): state saved")


@pytest.fixture(scope="module")
def parameters(tiny):
    options = tiny | {"network.channels": 8, "network.blocks": 1, "batch_size": 2}
    options |= {"devices": 2, "validate_every": 10**6}
    del options["network"]
    return ",".join(f"train.{name}={value}" for name, value in options.items())


@pytest.fixture
def stop(kedro, parameters):
    """Start a long training in two processes; signal it after its first state."""

    def run(number):
        arguments = ["run", "--pipelines=train", "--params"]
        with kedro(*arguments, f"{parameters},train.steps=1000000") as process:
            output = ""
            for line in process.stdout:
                output += line
                if SAVED.search(line):
                    if number == signal.SIGTERM:  # a scheduler ends the whole job
                        for worker in workers():
                            os.kill(worker, number)
                    process.send_signal(number)
                    break
            output += process.stdout.read()
        return process.returncode, output

    return run


def status_of(output, tracked):
    run_id = RUN_ID.search(output)[1]
    return next(run.info.status for run in tracked() if run.info.run_id == run_id)


def workers():
    """Numbers of worker processes that are alive."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes()
        except OSError:
            continue
        if (
            b"cbsn_pipeline.training.distributed.worker" in command
            and b"sample/state" in command
        ):
            found.append(int(process.parent.name))
    return found


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 1)]
)
def test_a_signal_saves_and_the_same_command_goes_on(
    number, status, stop, kedro, parameters, tracked
):
    code, output = stop(number)
    assert code == status, output
    assert status_of(output, tracked) == "KILLED"
    assert "train.resume=true" in output
    stopped = int(SAVED.findall(output)[-1])

    changes = f"train.steps={stopped + 3},train.resume=true"
    with kedro(
        "run", "--pipelines", "train_only", "--params", f"{parameters},{changes}"
    ) as process:
        resumed = process.stdout.read()

    assert process.returncode == 0, resumed
    assert f"Resuming after step {stopped}" in resumed
    assert RUN_ID.search(resumed)[1] == RUN_ID.search(output)[1]
    assert status_of(resumed, tracked) == "FINISHED"
    assert "Training on cpu in 2 processes" in resumed


def test_after_kill_9_no_worker_goes_on(stop):
    code, _ = stop(signal.SIGKILL)

    assert code == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while workers() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert workers() == []
