import pytest
from pydantic import ValidationError

from cbsn_pipeline.distillation.options import StudentOptions


def test_a_crop_must_fit_the_levels():
    with pytest.raises(ValidationError, match="crop_size 120 is not a multiple of 16"):
        StudentOptions(crop_size=120)


def test_what_does_not_change_the_result_is_free():
    one = StudentOptions(
        device="cpu", threads=1, log_every=1, save_every_minutes=1, generations=3
    )

    assert one.numbers() == StudentOptions().numbers()
    assert StudentOptions(seed=1).numbers() != StudentOptions().numbers()


@pytest.mark.parametrize("bad", [{"real": 1.5}, {"step": 3}, {"generations": -1}])
def test_options_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError):
        StudentOptions(**bad)
