"""The options of conf/base, and a smaller sample."""

from pathlib import Path

import pytest
import yaml

from cbsn_pipeline.pipelines.sample.options import SampleOptions

CONF = Path(__file__).resolve().parents[3] / "conf" / "base"


@pytest.fixture(scope="session")
def options() -> SampleOptions:
    """What conf/base says."""
    text = (CONF / "parameters_sample.yml").read_text(encoding="utf-8")
    return SampleOptions(**yaml.safe_load(text)["sample"])


@pytest.fixture(scope="session")
def small(options) -> SampleOptions:
    """One shot of each kind, on small pictures."""
    shot = {"photo": "rocket", "camera": "GP", "iso": 1600}
    return SampleOptions(
        magnification=1,
        training=[{"photo": "chelsea", "camera": "S6", "iso": 3200}],
        validation=[shot],
        validation_grid={"rows": 1, "columns": 2},
        benchmark=[shot],
        dnd=[shot],
        dnd_crop_size=64,
    )
