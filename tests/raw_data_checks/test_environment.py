from pathlib import Path

from cbsn_pipeline.raw_data_checks.environment import Locations, list_parts
from cbsn_pipeline.raw_data_checks.stage_options import (
    IngestCounts,
    PatchGrid,
    SubmitCounts,
    ValidateCounts,
)

SIDD = Path("raw/sidd")
ALL = ("training", "validation", "benchmark", "dnd", "photos")
NOISY_MAT = SIDD / "ValidationNoisyBlocksSrgb.mat"


def parts(kind, noisy, *, images=40, num_images=None, names=ALL):
    return list_parts(
        names,
        kind,
        Locations(noisy, SIDD, Path("raw/dnd_2017"), Path("raw/photos")),
        IngestCounts(num_images=num_images, workers="auto"),
        PatchGrid(patch_size=256, stride=200, border=10),
        ValidateCounts(num_images=images, num_blocks=32),
        SubmitCounts(num_images=50, num_boxes=20, crop_size=512),
    )


def test_an_environment_has_every_part_with_what_it_must_hold():
    training, noisy, clean, benchmark, dnd, photos = parts(
        "sidd_medium", SIDD / "SIDD_Medium_Srgb", num_images=320
    )

    assert training.required
    assert training.roles == ("training",)
    assert (training.expected.num_images, training.expected.patch_size) == (320, 276)
    assert noisy.path == NOISY_MAT
    assert (noisy.roles, clean.roles) == (("scored",), ("clean",))
    assert (clean.expected.num_images, clean.expected.num_blocks) == (40, 32)
    assert benchmark.expected.num_images == 40
    assert (dnd.expected.num_boxes, dnd.expected.crop_size) == (20, 512)
    assert photos.roles == ("to_denoise",)
    assert not any(p.required for p in (noisy, clean, benchmark, dnd, photos))


def test_part_of_the_validation_set_says_nothing_of_the_benchmark():
    benchmark = parts("sidd_medium", SIDD, images=4)[3]

    assert benchmark.expected.num_images is None


def test_blocks_that_are_trained_on_and_scored_are_one_part():
    found = parts("sidd_blocks", NOISY_MAT, names=("training", "validation"))

    assert [part.name for part in found] == [
        "noisy training images = validation blocks, noisy",
        "validation blocks, clean",
    ]
    assert found[0].roles == ("training", "scored")
    assert found[0].required
    assert found[0].expected.num_images == 40
    assert found[0].needed_by[:2] == ("ingest", "patches")


def test_dnd_is_one_part_too():
    (found,) = parts("dnd", Path("raw/dnd_2017"), names=("training", "dnd"))

    assert found.roles == ("training", "scored")
    assert found.expected.num_images == 50
