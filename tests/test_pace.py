import pytest

from cbsn_pipeline import pace
from cbsn_pipeline.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the next readings of the clock show."""
    readings = []
    monkeypatch.setattr(pace.time, "perf_counter", lambda: readings.pop(0))
    return readings


def test_seconds_per_megapixel_is_all_time_over_all_pixels(clock):
    clock += [0.0, 8.0, 10.0, 11.0, 20.0, 22.0]
    measured = Pace()

    for pixels in (1_000_000, 500_000, 500_000):
        with measured.timed(pixels=pixels):
            pass

    assert measured.facts() == {
        "seconds": 11.0,  # 8 + 1 + 2
        "megapixels": 2.0,
        "seconds_per_megapixel": 5.5,
        "median_seconds_per_megapixel": 4.0,  # of 8, 2 and 4
    }


def test_before_the_first_it_is_zero():
    assert Pace().seconds_per_megapixel == 0
    assert Pace().median_seconds_per_megapixel == 0


def test_what_failed_is_not_counted():
    measured = Pace()

    with pytest.raises(RuntimeError), measured.timed(pixels=1):
        raise RuntimeError

    assert measured.megapixels == 0
