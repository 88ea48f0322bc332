import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from cbsn_pipeline.pipelines.reproduce import seeds
from cbsn_pipeline.session import PARENT_PROCESS, PARENT_RUN, Session

# Stands in for Kedro: writes down what it was told, then does as it is asked.
CHILD = """
import json, os, shutil, signal, sys, time
from pathlib import Path
told = Path(os.environ["TOLD"])
def note(number, frame):
    (told / "signal").write_text(str(number)); sys.exit(0)
signal.signal(signal.SIGINT, note); signal.signal(signal.SIGTERM, note)
shutil.copy(sys.argv[1], told / "run.yml")
(told / "parent").write_text(os.environ["CBSN_PARENT_RUN"])
(told / "process").write_text(os.environ["CBSN_PARENT_PROCESS"])
(told / "ready").touch()
if (told / "wait").exists():
    time.sleep(30)
sys.exit(int(os.environ.get("STATUS", "0")))
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    monkeypatch.setenv("TOLD", str(tmp_path))
    start = subprocess.Popen

    def popen(command, **others):
        assert command[:5] == [sys.executable, "-m", "kedro", "run", "--config"]
        return start([sys.executable, "-c", CHILD, command[5]], **others)

    monkeypatch.setattr(seeds.subprocess, "Popen", popen)
    return tmp_path


def run(session, tmp_path, seed=3):
    seeds.run_seed(session._replace(tracked_run="run-1"), seed, project=tmp_path)


def test_a_seed_repeats_the_run_with_its_own_states(told):
    parameters = {
        "train": {"steps": 9, "resume": True},
        "reproduce": {"seeds": 4, "part_of_set": True},
        "noisy_path": "here",
    }

    run(Session("blocks", parameters), told)

    assert json.loads((told / "run.yml").read_text()) == {
        "run": {
            "env": "blocks",
            "pipelines": "reproduce",
            "params": {
                "train": {"steps": 9, "resume": True, "seed": 3},
                "reproduce": {"seeds": 1, "part_of_set": True},
                "noisy_path": "here",
                "state_folder": "state_seed_3",
            },
        }
    }
    assert (told / "parent").read_text() == "run-1"
    assert (told / "process").read_text() == str(os.getpid())
    assert parameters["reproduce"]["seeds"] == 4


def test_the_default_environment_is_not_named(told):
    run(Session(None, {}), told)

    assert "env" not in json.loads((told / "run.yml").read_text())["run"]


def test_a_failed_seed_ends_the_run_and_says_how_to_go_on(told, monkeypatch):
    monkeypatch.setenv("STATUS", "7")

    with pytest.raises(
        ChildProcessError, match=r"seed 3 ended with status 7.*resume=t"
    ):
        run(Session(None, {}), told)


@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)],
)
def test_what_ends_us_is_handed_on(told, number, error):
    (told / "wait").touch()

    def end():
        raise SystemExit(143)

    before = signal.signal(signal.SIGTERM, lambda *_: end())

    def send_when_ready():
        while not (told / "ready").exists():
            pass
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send_when_ready)
    sender.start()
    try:
        with pytest.raises(error):
            run(Session(None, {}), told)
    finally:
        sender.join()
        signal.signal(signal.SIGTERM, before)

    assert (told / "signal").read_text() == str(int(number))


def test_the_variable_is_that_of_the_session():
    assert PARENT_RUN in CHILD
    assert PARENT_PROCESS in CHILD
