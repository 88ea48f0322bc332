import os
import signal
import threading

import pytest

from cbsn_pipeline.training.stop import StopRequest


@pytest.fixture(autouse=True)
def hangups_are_not_ignored():
    """As they are when these tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("number", "outcome", "status"),
    [
        (signal.SIGINT, KeyboardInterrupt, None),
        (signal.SIGTERM, SystemExit, 143),
        (signal.SIGHUP, SystemExit, 129),
    ],
)
def test_a_signal_becomes_a_wish_and_ends_as_the_signal_would(
    number, outcome, status, caplog
):
    with pytest.raises(outcome) as caught, StopRequest() as stop:  # noqa: PT012
        os.kill(os.getpid(), number)
        assert stop.requested
        stop.raise_as_requested()

    assert getattr(caught.value, "code", None) == status
    assert "stops after this step and saves" in caplog.text


def test_a_signal_of_another_rank_ends_us_as_sigterm():
    with pytest.raises(SystemExit) as caught:
        StopRequest().raise_as_requested()

    assert caught.value.code == 143


def test_a_training_under_nohup_survives_the_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.requested
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_ctrl_c_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt), StopRequest():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_a_second_sigterm_changes_nothing():
    """A scheduler's reaches a worker twice: from the job, and by its launcher."""
    with StopRequest() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.requested

    with pytest.raises(SystemExit) as ended:
        stop.raise_as_requested()
    assert ended.value.code == 128 + signal.SIGTERM


def test_ctrl_c_after_a_sigterm_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt), StopRequest():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)


def test_without_a_signal_nothing_happens_and_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)

    with StopRequest() as stop:
        assert not stop.requested

    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_the_main_thread_it_does_nothing():
    def work():
        with StopRequest() as stop:
            results.append(stop.requested)

    results = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert results == [False]
