"""News of workers: what is torn, what fails."""

import numpy as np
import pytest

from cbsn_pipeline.training.distributed import events as module
from cbsn_pipeline.training.distributed.events import EventReader, EventWriter
from cbsn_pipeline.training.monitoring.recorder import NoRecorder


class Notes(NoRecorder):
    def __init__(self):
        self.steps, self.images = [], []

    def log_metrics(self, values, step):
        if values.get("bad"):
            raise ConnectionError("the tracker is away")
        self.steps.append(step)

    def log_image(self, name, image_hwc, step):
        self.images.append((name, image_hwc.sum(), step))


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def start(tmp_path):
    """Start the worker of a rank, or start it again."""
    recorders = []

    def start():
        recorders.append(EventWriter(tmp_path, 0))
        return recorders[-1]

    yield start
    for recorder in recorders:
        recorder.close()


@pytest.fixture
def reader(tmp_path, notes):
    return EventReader(tmp_path, notes)


def test_what_is_written_is_passed_on_once(start, reader, notes):
    recorder = start()
    recorder.log_metrics({"loss": 1.0}, step=1)
    reader.poll()
    recorder.log_image("a", np.ones((2, 2, 3), np.uint8), step=2)
    reader.poll()

    assert notes.steps == [1]
    assert notes.images == [("a", 12, 2)]


def test_half_a_line_of_a_killed_worker_costs_that_line_alone(
    tmp_path, start, reader, notes, caplog
):
    start().log_metrics({"loss": 1.0}, step=1)
    with (tmp_path / "events_0.jsonl").open("a") as file:
        file.write('{"kind": "metrics", "val')
    start().log_metrics({"loss": 1.0}, step=2)

    reader.poll()

    assert notes.steps == [1, 2]
    assert "could not be passed on (JSONDecodeError" in caplog.text


def test_a_tracker_that_fails_does_not_stop_the_news(start, reader, notes, caplog):
    recorder = start()
    recorder.log_metrics({"bad": 1.0}, step=1)
    recorder.log_metrics({"loss": 1.0}, step=2)

    with reader:
        pass

    assert notes.steps == [2]
    assert "(ConnectionError: the tracker is away)" in caplog.text


def test_news_for_which_there_is_no_room_are_dropped(start, tmp_path, monkeypatch):
    recorder = start()

    def full(content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.json, "dumps", full)

    recorder.log_metrics({"loss": 1.0}, step=1)

    assert (tmp_path / "events_0.jsonl").read_text().split() == []
