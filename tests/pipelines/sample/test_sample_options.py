"""The options of the sample are checked before anything is simulated."""

import pytest
from pydantic import ValidationError

from cbsn_pipeline.pipelines.sample.options import SampleOptions, Shot

SHOT = {"photo": "coffee", "camera": "GP", "iso": 800}
OTHER = {"photo": "rocket", "camera": "GP", "iso": 800}


def test_training_and_scored_photographs_differ_in_conf(options):
    scored = (*options.validation, *options.benchmark, *options.dnd)

    assert not {s.photo for s in options.training} & {s.photo for s in scored}


@pytest.mark.parametrize("part", ["validation", "benchmark", "dnd"])
def test_a_photograph_is_not_trained_on_and_scored(part):
    parts = {"validation": [OTHER], "benchmark": [OTHER], "dnd": [OTHER], part: [SHOT]}

    with pytest.raises(ValidationError, match="coffee would be trained on and scored"):
        SampleOptions(training=[SHOT], **parts)


@pytest.mark.parametrize(
    "change", [{"iso": 0}, {"camera": "X1"}, {"photo": "moon"}, {"shutter": 1}]
)
def test_a_shot_refuses_what_it_does_not_know(change):
    with pytest.raises(ValidationError, match=next(iter(change))):
        Shot(**SHOT | change)


def test_options_are_frozen_and_misspelt_ones_refused(options):
    with pytest.raises(ValidationError, match="frozen"):
        options.seed = 1
    with pytest.raises(ValidationError, match="brigthness"):
        SampleOptions(**options.model_dump(), brigthness=1)
