from pathlib import Path

import numpy as np
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from pydantic import ValidationError

from cbsn_pipeline.datasets import ManifestDataset, NoisyImagesDataset, PatchesDataset
from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.pipelines import ingest, patches
from cbsn_pipeline.pipelines.ingest.options import IngestOptions
from cbsn_pipeline.pipelines.patches.options import PatchOptions

CONF = Path(__file__).resolve().parents[3] / "conf"


def test_ingest_and_patches_together_make_the_file(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (300, 290, 3), dtype=np.uint8)
    write_png(tmp_path / "raw" / "a.png", image)
    catalog = DataCatalog(
        {
            "noisy_images": NoisyImagesDataset(
                kind="photos", filepath=str(tmp_path / "raw")
            ),
            "params:ingest": MemoryDataset(IngestOptions()),
            "params:patches": MemoryDataset(PatchOptions(stride=24)),
            "manifest": ManifestDataset(filepath=str(tmp_path / "manifest.json")),
            "patches": PatchesDataset(filepath=str(tmp_path / "patches.h5")),
        }
    )

    pipeline = ingest.create_pipeline() + patches.create_pipeline()
    SequentialRunner().run(pipeline, catalog)

    made = catalog.load("patches")
    manifest: Manifest = catalog.load("manifest")
    assert made.digest == manifest.digest
    assert made.shape == (2, 256, 256, 3)  # rows 10 and 34, column 10
    np.testing.assert_array_equal(made[1], image[34:290, 10:266])
    made.close()


def test_base_is_the_released_grid_and_other_kinds_drop_the_border():
    base = yaml.safe_load((CONF / "base" / "parameters_patches.yml").read_text())

    assert PatchOptions(**base["patches"]) == PatchOptions(
        patch_size=256, stride=200, border=10
    )
    for kind in ("dnd", "blocks", "photos"):
        text = (CONF / kind / "parameters_patches.yml").read_text()
        assert yaml.safe_load(text) == {"patches": {"border": 0}}


@pytest.mark.parametrize(
    "wrong", [{"stride": 0}, {"border": -1}, {"compression": "zip"}, {"size": 256}]
)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValidationError):
        PatchOptions(**wrong)
