"""Which data sets an environment has, and where each is to be had."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Literal

from cbsn_pipeline.benchmarks.sidd.blocks import (
    BENCHMARK_NOISY,
    NUM_BLOCKS,
    NUM_IMAGES,
    VALIDATION_CLEAN,
    VALIDATION_NOISY,
)
from cbsn_pipeline.raw_data_checks.examination import Expected, Kind, Part
from cbsn_pipeline.raw_data_checks.stage_options import (
    IngestCounts,
    PatchGrid,
    SubmitCounts,
    ValidateCounts,
)

PartName = Literal["training", "validation", "benchmark", "dnd", "photos"]

SIDD_SITE = "the SIDD site of York University"
SOURCES = {
    "sidd_medium": f"{SIDD_SITE}: SIDD-Medium sRGB (320 pairs, 13 GB zip)",
    "sidd_blocks": f"{SIDD_SITE}: Validation and Benchmark ...BlocksSrgb.mat",
    "dnd": "the DND site of TU Darmstadt (12.8 GB; non-commercial)",
    "photos": "your own camera",
}
TRAINING = ("ingest", "patches", "train")


@dataclass(frozen=True)
class Locations:
    """Where an environment looks for its raw data."""

    noisy: Path
    sidd: Path
    dnd: Path
    photos: Path


def list_parts(
    names: Iterable[PartName],
    noisy_kind: Kind,
    locations: Locations,
    ingest: IngestCounts,
    patches: PatchGrid,
    validate: ValidateCounts,
    submit: SubmitCounts,
) -> list[Part]:
    """List the data sets of an environment; one that serves twice comes once.

    The benchmark is expected to be whole where the validation blocks are.

    Args:
        names: Which of them the environment has to do with.
        noisy_kind: Layout of the images to train on.
        locations: Where each is.
        ingest: How many noisy images there must be.
        patches: Which patches will be cut.
        validate: Which blocks there must be.
        submit: Which boxes of DND there must be.
    """
    of_dnd = Expected(
        num_images=submit.num_images,
        num_boxes=submit.num_boxes,
        crop_size=submit.crop_size,
    )
    by_name: dict[PartName, list[Part]] = {
        "training": [_training(noisy_kind, locations.noisy, ingest, patches, of_dnd)],
        **_scored_blocks(locations.sidd, validate),
        "dnd": [
            Part(
                *("DND images", "dnd", locations.dnd, ("scored",)),
                *(("submit_dnd",), SOURCES["dnd"]),
                expected=of_dnd,
            )
        ],
        "photos": [
            Part(
                *("photographs to denoise", "photos", locations.photos),
                *(("to_denoise",), ("denoise",), SOURCES["photos"]),
            )
        ],
    }
    return _once_each(chain.from_iterable(by_name[name] for name in names))


def _training(
    kind: Kind, path: Path, ingest: IngestCounts, patches: PatchGrid, of_dnd: Expected
) -> Part:
    expected = of_dnd if kind == "dnd" else Expected()
    return Part(
        *("noisy training images", kind, path, ("training",)),
        *(TRAINING, SOURCES[kind]),
        required=True,
        expected=replace(
            expected,
            num_images=ingest.num_images or expected.num_images,
            patch_size=patches.patch_size + 2 * patches.border,
        ),
    )


def _scored_blocks(
    folder: Path, validate: ValidateCounts
) -> dict[PartName, list[Part]]:
    expected = Expected(num_images=validate.num_images, num_blocks=validate.num_blocks)
    official = (validate.num_images, validate.num_blocks) == (NUM_IMAGES, NUM_BLOCKS)
    scores = ("validate", "reproduce", "scores while training")
    submission = ("submit_sidd",)
    noisy, clean, benchmark = (
        folder / f"{stem}.mat"
        for stem in (VALIDATION_NOISY, VALIDATION_CLEAN, BENCHMARK_NOISY)
    )
    return {
        "validation": [
            _blocks("validation blocks, noisy", noisy, scores, expected),
            _blocks("validation blocks, clean", clean, scores, expected),
        ],
        "benchmark": [
            _blocks(
                *("benchmark blocks, noisy", benchmark, submission),
                expected if official else Expected(),
            )
        ],
    }


def _blocks(
    name: str, path: Path, needed_by: tuple[str, ...], expected: Expected
) -> Part:
    return Part(
        *(name, "sidd_blocks", path),
        ("clean",) if "clean" in name else ("scored",),
        *(needed_by, f"{SIDD_SITE}: {path.name}"),
        expected=replace(expected, variable=path.stem),
    )


def _once_each(parts: Iterable[Part]) -> list[Part]:
    """Join parts of one kind at one place: blocks that are trained on and scored."""
    joined: dict[tuple[str, Path], list[Part]] = {}
    for part in parts:
        joined.setdefault((part.kind, part.path), []).append(part)
    return [_join(same) for same in joined.values()]


def _join(parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    return replace(
        last,
        name=" = ".join(part.name for part in parts),
        roles=tuple(chain.from_iterable(part.roles for part in parts)),
        needed_by=tuple(chain.from_iterable(part.needed_by for part in parts)),
        required=first.required,
        expected=replace(last.expected, patch_size=first.expected.patch_size),
    )
