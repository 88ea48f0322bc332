"""A folder of photographs, and the inputs of the doctor for it."""

import numpy as np
import pytest

from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.pipelines.doctor.options import DoctorOptions
from cbsn_pipeline.raw_data_checks.stage_options import (
    IngestCounts,
    PatchGrid,
    SubmitCounts,
    ValidateCounts,
)


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        write_png(
            tmp_path / "photos" / name, rng.integers(0, 256, (20, 30, 3), np.uint8)
        )
    return tmp_path / "photos"


@pytest.fixture
def inputs(tmp_path, photos):
    """What the first node takes, by name."""
    return {
        "noisy_location": photos,
        "sidd_location": tmp_path / "sidd",
        "dnd_location": tmp_path / "dnd_2017",
        "photos_location": photos / "*.png",
        "patches_location": tmp_path / "data" / "patches.h5",
        "params:doctor": DoctorOptions(
            noisy_kind="photos", parts=("training", "photos")
        ),
        "params:ingest": IngestCounts(),
        "params:patches": PatchGrid(patch_size=8, stride=8, border=1),
        "params:validate": ValidateCounts(num_images=40, num_blocks=32),
        "params:submit_dnd": SubmitCounts(num_images=50, num_boxes=20, crop_size=512),
    }
