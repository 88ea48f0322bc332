"""Options of the doctor, and what it reads of those of other stages."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt

PartName = Literal["training", "validation", "benchmark", "dnd", "photos"]


class DoctorOptions(BaseModel):
    """What to look at, and how closely.

    Attributes:
        thorough: Decode and hash every file. If not: names, sizes, headers, structure.
        workers: Threads; ``auto`` for one per core, fewer for very large images.
        noisy_kind: Layout of the images to train on, as in globals.yml.
        parts: Which data sets this environment has to do with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    thorough: bool = False
    workers: PositiveInt | Literal["auto"] = "auto"
    noisy_kind: Literal["sidd_medium", "sidd_blocks", "dnd", "photos"]
    parts: tuple[PartName, ...] = (
        *("training", "validation", "benchmark", "dnd", "photos"),
    )


class _OfAnotherStage(BaseModel):
    """What the doctor needs of another stage's options.

    Kedro hands them over as that stage's model where its pipeline is loaded too, and
    else as they are in the file; no annotation of a node may ask for these models, for
    a parameter has one type.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)


class IngestCounts(_OfAnotherStage):
    """Of ``params:ingest``: how many noisy images there must be."""

    num_images: PositiveInt | None = None


class PatchGrid(_OfAnotherStage):
    """Of ``params:patches``: which patches will be cut, in pixels."""

    patch_size: PositiveInt
    stride: PositiveInt
    border: int


class ValidateCounts(_OfAnotherStage):
    """Of ``params:validate``: which blocks there must be."""

    num_images: PositiveInt
    num_blocks: PositiveInt


class SubmitCounts(_OfAnotherStage):
    """Of ``params:submit_dnd``: which boxes of DND there must be; size in pixels."""

    num_images: PositiveInt
    num_boxes: PositiveInt
    crop_size: PositiveInt
