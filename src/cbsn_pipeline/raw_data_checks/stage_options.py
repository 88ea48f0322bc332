"""What the options of other stages say of the raw data that there must be."""

from pydantic import BaseModel, ConfigDict, PositiveInt


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
