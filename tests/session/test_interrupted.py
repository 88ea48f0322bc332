"""A training that somebody stops, and what MLflow says of it then."""

import re
import signal

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

RUN_ID = re.compile(r"Tracked by MLflow as run \S+ \((\w+)\)")
SAVED = re.compile(r"Step (\d+): state saved")


@pytest.fixture
def stop_training(kedro, tiny, tracked):
    """Start a long training, stop it by a signal after its first state."""

    def stop(number):
        arguments = ["run", "--pipelines=train", "--params", flat(tiny, steps=10**6)]
        with kedro(*arguments) as process:
            output = ""
            for line in process.stdout:
                output += line
                if SAVED.search(line):
                    process.send_signal(number)
                    break
            output += process.stdout.read()
        return process.returncode, output, run_of(output, tracked)

    return stop


def flat(options, **changes):
    """Options of the train stage as the command line wants them."""
    words = []
    for name, value in (options | changes).items():
        tree = value if isinstance(value, dict) else {None: value}
        for key, leaf in tree.items():
            words.append(f"train.{name}{f'.{key}' if key else ''}={leaf}")
    return ",".join(words)


def run_of(output, tracked):
    match = RUN_ID.search(output)
    assert match, output
    return next(run for run in tracked() if run.info.run_id == match[1])


def test_ctrl_c_is_killed_and_says_how_to_go_on(stop_training):
    status, output, run = stop_training(signal.SIGINT)

    assert status == 1, output
    assert run.info.status == "KILLED"
    assert "train.resume=true" in output


def test_sigterm_is_killed_and_the_run_goes_on_as_itself(
    stop_training, kedro, tiny, tracked
):
    status, output, killed = stop_training(signal.SIGTERM)
    assert status == 128 + signal.SIGTERM, output
    assert killed.info.status == "KILLED"
    steps = int(SAVED.findall(output)[-1]) + 2

    # the old spelling of the flag and the new one are both documented
    parameters = flat(tiny, steps=steps, resume="true")
    with kedro("run", "--pipelines", "train", "--params", parameters) as process:
        output = process.stdout.read()

    assert process.returncode == 0, output
    resumed = run_of(output, tracked)
    assert resumed.info.run_id == killed.info.run_id
    assert resumed.info.status == "FINISHED"
    assert resumed.data.tags["resumed"] == "true"
    assert resumed.data.tags["param_drift"] == f"train.steps: 1000000 -> {steps}"
