import io
import logging

import pytest
from rich.console import Console

from cbsn_pipeline import progress
from cbsn_pipeline.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr(progress.time, "monotonic", lambda: Clock.now)
    return Clock


def plain() -> Console:
    return Console(file=io.StringIO())


def test_rate_and_remaining_time_count_from_the_start_of_this_run(clock):
    bar = Progress("T", total=100, unit="steps", completed=40, console=plain())
    with bar:
        clock.now += 5
        bar.advance(10, loss=0.123456, note="[bold]")

        assert bar.rate == pytest.approx(2.0)  # 10 steps in 5 s, not 50
        assert str(bar) == "T: 2 steps/s, 0:25 left, loss 0.1235, note [bold]"


def test_without_a_terminal_a_line_is_logged_every_ten_seconds(clock, caplog):
    caplog.set_level(logging.INFO)
    with Progress("Read", total=4, unit="images", console=plain()) as bar:
        for _ in range(4):
            clock.now += 6
            bar.advance(1)

    assert caplog.messages == [
        "2/4 Read: 0.167 images/s, 0:12 left",
        "4/4 Read: 0.167 images/s, 0:00 left",
        "Read done: 4 of 4 images in 0:24 (0.167 images/s)",
    ]


def test_a_loop_that_fails_is_not_called_done(caplog):
    caplog.set_level(logging.INFO)
    with (
        pytest.raises(RuntimeError, match="stop"),
        Progress("Read", total=4, unit="images", console=plain()),
    ):
        raise RuntimeError("stop")

    assert caplog.messages[0].startswith("Read stopped: 0 of 4 images in 0:00")


def test_a_terminal_shows_a_bar_with_the_fields_as_they_are():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with Progress("Train", total=2, unit="steps", console=console) as bar:
        bar.advance(2, loss="[red]")

    assert "Train: " in screen.getvalue()
    assert "loss [red]" in screen.getvalue()


def test_a_terminal_that_was_closed_hides_no_error(monkeypatch):
    def gone():
        raise OSError(5, "Input/output error")

    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with Progress("Train", total=2, unit="steps", console=console) as bar:
        bar._bar.stop()
        monkeypatch.setattr(bar._bar, "stop", gone)


def test_long_durations_have_hours():
    assert progress._clock(3725.4) == "1:02:05"
