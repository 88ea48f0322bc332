import logging
import os
import time

import numpy as np
import pytest

from cbsn_pipeline import tracking

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Client:
    """Stands in for MlflowClient: keeps what it is sent, fails when told to."""

    def __init__(self):
        self.metrics, self.params, self.tags, self.records = [], {}, {}, []
        self.batches = 0
        self.error = None
        self.failed_at = []

    def log_batch(self, run_id, metrics=(), params=(), tags=()):
        self._fail()
        self.batches += 1
        self.metrics += [(m.key, m.value, m.step) for m in metrics]
        self.params |= {p.key: p.value for p in params}
        self.tags |= {t.key: t.value for t in tags}

    def log_image(self, run_id, image, *, key, step, synchronous):
        self._record(key, step, synchronous)

    def log_figure(self, run_id, figure, file):
        self._record(file)

    def log_table(self, run_id, table, file):
        self._record(file)

    def log_text(self, run_id, text, file):
        self._record(file, text)

    def log_dict(self, run_id, content, file):
        self._record(file, content)

    def log_inputs(self, run_id, datasets):
        self._record(datasets[0].dataset, datasets[0].tags)

    def _record(self, *what):
        self._fail()
        self.records.append(what)

    def _fail(self):
        if self.error:
            self.failed_at.append(time.monotonic())
            raise self.error


class RefusedError(Exception):
    error_code = "INVALID_PARAMETER_VALUE"


@pytest.fixture
def client():
    client = Client()
    tracking.attach("run-1", client)
    yield client
    client.error = None
    tracking.detach()


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when it is told to."""
    now = [time.monotonic()]  # a run remembers when it was attached
    monkeypatch.setattr(tracking.time, "monotonic", lambda: now[0])
    return now


def test_nothing_happens_without_a_run():
    assert tracking.active_run_id() is None

    tracking.log_metrics({"a": 1.0})
    tracking.log_params({"a": 1})
    tracking.set_tags({"a": 1})
    tracking.log_image("a", np.zeros((2, 2, 3), np.uint8))
    tracking.log_data("kind", "0" * 64, "here", "training")
    tracking.flush()
    tracking.detach()


def test_active_run_id_is_that_of_the_run_attached(client):
    assert tracking.active_run_id() == "run-1"
    tracking.detach()
    assert tracking.active_run_id() is None


def test_a_forked_worker_does_not_write_to_its_parents_run(client, monkeypatch):
    parent = os.getpid()
    monkeypatch.setattr(tracking.os, "getpid", lambda: parent + 1)

    assert tracking.active_run_id() is None


def test_metrics_wait_until_the_batch_is_full(client, clock):
    for step in range(tracking.BATCH_SIZE - 1):
        tracking.log_metrics({"loss": 0.5}, step=step)
    assert client.batches == 0

    tracking.log_metrics({"loss": 0.5}, step=199)

    assert client.batches == 1
    assert client.metrics[0] == ("loss", 0.5, 0)
    assert client.metrics[-1] == ("loss", 0.5, 199)


def test_metrics_wait_no_longer_than_five_seconds(client, clock):
    tracking.log_metrics({"loss": 1.0}, step=1)
    clock[0] += tracking.FLUSH_SECONDS

    tracking.log_metrics({"loss": 2.0}, step=2)

    assert client.metrics == [("loss", 1.0, 1), ("loss", 2.0, 2)]


def test_detach_sends_what_waits(client):
    tracking.log_metrics({"psnr_db": 30.0})

    tracking.detach()

    assert client.metrics == [("psnr_db", 30.0, 0)]


def test_a_long_parameter_is_cut_with_a_note(client):
    tracking.log_params({"long": "x" * 7000, "short": 1})

    assert len(client.params["long"]) == tracking.MAX_PARAM_CHARS
    assert client.params["long"].endswith("x... (cut)")
    assert client.params["short"] == "1"


def test_more_than_a_hundred_parameters_go_in_several_requests(client):
    tracking.log_params({f"p{i}": i for i in range(150)})

    assert len(client.params) == 150
    assert client.batches == 2


def test_records_get_the_suffix_of_their_kind_or_keep_their_own(client):
    tracking.log_figure("plots/psnr", object())
    tracking.log_figure("plots/psnr.svg", object())
    tracking.log_table("scores", {"a": [1]})
    tracking.log_text("note", "hello")
    tracking.log_dict("a/b", {"c": 1})

    assert [record[0] for record in client.records] == [
        "plots/psnr.png",
        "plots/psnr.svg",
        "scores.json",
        "note.txt",
        "a/b.json",
    ]


def test_an_image_has_a_key_and_a_step_and_is_there_when_the_call_returns(client):
    tracking.log_image("block", np.zeros((2, 2, 3), np.uint8), step=7)

    assert client.records == [("block", 7, True)]


def test_data_is_an_input_with_36_characters_of_its_digest_and_a_tag_has_all(client):
    digest = "0123456789abcdef" * 4

    tracking.log_data("sidd_medium", digest, "manifest:v1", "training")

    dataset, tags = client.records[0]
    assert (dataset.name, dataset.digest) == ("sidd_medium", digest[:36])
    assert dataset.source == '{"uri": "manifest:v1"}'
    assert (tags[0].key, tags[0].value) == ("mlflow.data.context", "training")
    assert client.tags == {"data_digest": digest}


def test_a_server_that_is_away_costs_one_warning_a_kind_and_no_metric(
    client, clock, caplog
):
    client.error = ConnectionError("refused")
    for step in range(3):
        tracking.log_metrics({"loss": float(step)}, step=step)
        clock[0] += tracking.FLUSH_SECONDS
    tracking.set_tags({"a": 1})
    tracking.set_tags({"b": 1})

    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "MLflow does not take metrics (ConnectionError: refused)" in caplog.text

    client.error = None
    clock[0] += tracking.FIRST_PAUSE
    tracking.log_metrics({"loss": 3.0}, step=3)

    assert [value for _, value, _ in client.metrics] == [0.0, 1.0, 2.0, 3.0]
    assert "MLflow takes metrics again." in caplog.text


def test_a_server_that_is_away_is_tried_ever_more_rarely(client, clock):
    client.error = ConnectionError("refused")
    for _ in range(200):  # 1000 seconds
        tracking.log_metrics({"loss": 0.0})
        clock[0] += tracking.FLUSH_SECONDS

    pauses = np.diff(client.failed_at)
    assert pauses.tolist() == pytest.approx([30, 60, 120, 240, 480], abs=6)


def test_the_oldest_metrics_go_when_too_many_wait(client, clock, monkeypatch):
    monkeypatch.setattr(tracking, "MAX_BUFFERED", 3)
    client.error = ConnectionError("refused")
    for step in range(5):
        clock[0] += tracking.FLUSH_SECONDS
        tracking.log_metrics({"loss": float(step)}, step=step)

    client.error = None
    tracking.detach()

    assert [step for _, _, step in client.metrics] == [2, 3, 4]


def test_what_mlflow_refuses_is_left_out_and_does_not_block_the_rest(client, caplog):
    client.error = RefusedError("bad name")
    tracking.log_metrics({"a:b?": 1.0})
    tracking.flush()
    client.error = None
    tracking.log_metrics({"good": 1.0})
    tracking.flush()

    assert client.metrics == [("good", 1.0, 0)]
    assert "MLflow refuses these metrics, they are left out: bad name" in caplog.text
