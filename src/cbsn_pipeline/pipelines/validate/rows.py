"""What is known about each image of a validation set: scene, camera, ISO."""

from dataclasses import dataclass
from typing import Literal

from cbsn_pipeline.benchmarks.sidd.blocks import NUM_IMAGES
from cbsn_pipeline.benchmarks.sidd.names import (
    VALIDATION_INSTANCES,
    parse_scene_instance,
)
from cbsn_pipeline.pipelines.validate.options import ValidateOptions

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Row:
    """One image of the set: one position on the first axis of its arrays.

    Attributes:
        image: Its index in the official set where that is known, else its position.
        scene_instance: SIDD-style name, or "unknown".
        camera: Two letters as in that name, or "unknown".
        iso: ISO speed; None if unknown.
        order: How the name was found: "inferred" from SIDD's list of instances (see
            ``sidd.names.VALIDATION_INSTANCES``), "given" by the options, or
            "unknown".
    """

    image: int
    scene_instance: str
    camera: str
    iso: int | None
    order: Literal["inferred", "given", "unknown"]


def describe_rows(options: ValidateOptions) -> list[Row]:
    """Say for each position on the first axis which image it is."""
    if options.scene_instances is not None:
        named = enumerate(options.scene_instances)
        return [_named_row(image, name, "given") for image, name in named]
    indices = options.image_indices
    if indices is None and options.num_images == NUM_IMAGES:
        indices = tuple(range(NUM_IMAGES))
    if indices is not None:
        return [_named_row(i, VALIDATION_INSTANCES[i], "inferred") for i in indices]
    return [
        Row(image, UNKNOWN, UNKNOWN, None, "unknown")
        for image in range(options.num_images)
    ]


def _named_row(image: int, name: str, order: Literal["inferred", "given"]) -> Row:
    scene = parse_scene_instance(name)
    return Row(image, name, scene.camera, scene.iso, order)
