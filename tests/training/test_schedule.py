import pytest

from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.schedule import learning_rate_at, ramp_at


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 1e-4), (99_999, 1e-4), (100_000, 5e-5), (200_000, 2.5e-5), (499_999, 6.25e-6)],
)
def test_the_released_rate_is_halved_every_100000_steps(step, rate):
    assert learning_rate_at(step, TrainOptions()) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("step", "share"), [(0, 1), (50, 0.5), (25, 0.85355), (100, 0)]
)
def test_a_cosine_falls_from_the_full_rate_to_zero(step, share):
    options = TrainOptions(steps=100, learning_rate=2.0, learning_rate_decay="cosine")

    assert learning_rate_at(step, options) == pytest.approx(2 * share, abs=1e-4)


@pytest.mark.parametrize(
    ("step", "ramp"), [(0, 0), (1, 5e-6), (100_000, 0.5), (200_000, 1), (400_000, 1)]
)
def test_the_ramp_grows_linearly_and_stays_at_one(step, ramp):
    assert ramp_at(step, TrainOptions()) == pytest.approx(ramp)


def test_without_ramp_steps_the_terms_have_full_weight_at_once():
    assert ramp_at(0, TrainOptions(ramp_steps=0)) == 1
