"""What is due after a step."""

import pytest

from cbsn_pipeline.training.duties import Due, due_after
from cbsn_pipeline.training.hardware.ranks import ALONE
from cbsn_pipeline.training.options import TrainOptions

OPTIONS = TrainOptions(
    steps=100, log_every=2, validate_every=3, save_every=7, save_every_minutes=15.0
)


@pytest.mark.parametrize(
    ("step", "minutes", "stop", "due"),
    [
        (1, 0.0, False, Due(log=False, validate=False, save=False, stop=False)),
        (2, 0.0, False, Due(log=True, validate=False, save=False, stop=False)),
        (3, 0.0, False, Due(log=True, validate=True, save=False, stop=False)),
        (7, 0.0, False, Due(log=True, validate=False, save=True, stop=False)),
        (1, 15.0, False, Due(log=True, validate=False, save=True, stop=False)),
        (1, 0.0, True, Due(log=True, validate=False, save=True, stop=True)),
        (100, 0.0, False, Due(log=True, validate=True, save=True, stop=False)),
    ],
)
def test_due_after_a_step(step, minutes, stop, due):
    found = due_after(
        step, OPTIONS, ALONE, minutes_unsaved=minutes, stop_requested=stop
    )

    assert found == due
