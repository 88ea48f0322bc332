import os
import signal
import threading

import pytest

from cbsn_pipeline.training.stop import StopRequest


@pytest.mark.parametrize(
    ("number", "outcome"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)],
)
def test_a_signal_becomes_a_wish_and_ends_as_the_signal_would(number, outcome, caplog):
    with pytest.raises(outcome) as caught, StopRequest() as stop:  # noqa: PT012
        os.kill(os.getpid(), number)
        assert stop.requested
        stop.raise_as_requested()

    if outcome is SystemExit:
        assert caught.value.code == 143
    assert "stops after this step and saves" in caplog.text


def test_a_second_signal_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt), StopRequest():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
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
