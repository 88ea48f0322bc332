import numpy as np
import pytest

from cbsn_pipeline.submission_checks.rules.legacy_layout import check_time


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (np.array([1.0, 2.0]), "got float64 of (2,)."),
        ("a second", "got no number."),
    ],
)
def test_several_times_and_text_are_no_time(value, got):
    (finding,) = check_time(value, "SubmitSrgb.mat")

    assert (finding.severity, finding.code) == ("error", "time")
    assert finding.what.endswith(f"seconds per megapixel; {got}")
