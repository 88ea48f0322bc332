from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from cbsn_pipeline.pipelines.compare.options import CompareOptions


def test_the_parameters_in_conf_are_the_defaults():
    conf = Path(__file__).resolve().parents[3] / "conf/base/parameters_compare.yml"

    options = CompareOptions(**yaml.safe_load(conf.read_text())["compare"])

    assert options == CompareOptions()
    assert (options.resamples, options.confidence) == (10_000, 0.95)
    assert (options.resample, options.method) == ("blocks", "denoised")


def test_runs_are_a_list_or_joined_by_plus():
    expected = ("data/a b.csv", "0" * 32, "c")

    assert CompareOptions(runs=list(expected)).runs == expected
    assert CompareOptions(runs=f"data/a b.csv+{'0' * 32} + c").runs == expected
    assert CompareOptions(runs="a+b", labels="plain+new").labels == ("plain", "new")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"run": "a+b"}, "Extra inputs are not permitted"),
        ({"runs": "a"}, r"must name 2 to 26 runs, got 1: \['a'\]"),
        ({"runs": ["r"] * 27}, "must name 2 to 26 runs, got 27"),
        ({"runs": "a++b"}, r"has an empty entry: \['a', '', 'b'\]"),
        ({"runs": "a+b", "labels": "one"}, "names 1 runs, compare.runs 2"),
        ({"resample": "pixels"}, "Input should be 'blocks' or 'images'"),
        ({"resamples": 10}, "greater than or equal to 100"),
        ({"confidence": 95}, "less than 1"),
        ({"panels": -1}, "greater than or equal to 0"),
        ({"runs": 12}, "valid string"),
    ],
)
def test_options_that_make_no_sense_are_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        CompareOptions(**bad)


def test_options_cannot_change():
    with pytest.raises(ValidationError, match="frozen"):
        CompareOptions().seed = 1
