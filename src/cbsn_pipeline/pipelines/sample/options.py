"""What can be chosen when making the embedded sample."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PhotoName = Literal[
    "astronaut", "chelsea", "coffee", "hubble", "ihc", "motorcycle", "retina", "rocket"
]
CameraName = Literal["GP", "N6", "S6"]
MAX_ISO = 25600  # beyond it there is hardly a picture left


class Shot(BaseModel):
    """One photograph, taken with one camera at one ISO speed.

    Attributes:
        photo: Which of the bundled photographs.
        camera: Whose noise and colours, by SIDD's code.
        iso: ISO speed; twice the speed is twice the variance of the photon noise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    photo: PhotoName
    camera: CameraName
    iso: int = Field(ge=50, le=MAX_ISO)


class Grid(BaseModel):
    """How many blocks are cut out of each image, side by side around its centre."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(ge=1)
    columns: int = Field(ge=1)


class SampleOptions(BaseModel):
    """Options of the sample stage; conf/base/parameters_sample.yml has the values.

    Attributes:
        seed: Every random number follows from it.
        magnification: How much larger than the photograph the scene is taken: 3 gives
            scenes about as smooth as SIDD's, whose phones have 12 megapixels.
        max_side: Height and width of a picture at most, in pixels; its centre is kept.
        saturation: Of the photograph's own; SIDD's indoor scenes are muted.
        brightness: Factor on the linear light; less is a darker scene.
        frames: Noisy images per training shot, as SIDD-Medium has two.
        training: Shots to train on: a scene instance each.
        validation: Shots with clean blocks, and the grid of 256x256 blocks.
        benchmark: Shots without, and their grid.
        dnd: Shots in DND's format, their grid of boxes, and the size of one in pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0)
    magnification: float = Field(3.0, ge=1, le=8)
    saturation: float = Field(0.6, ge=0, le=1)
    max_side: int = Field(768, ge=8)
    brightness: float = Field(0.4, gt=0, le=1)
    frames: int = Field(2, ge=1, le=2)
    training: tuple[Shot, ...] = Field(min_length=1)
    validation: tuple[Shot, ...] = Field(min_length=1)
    validation_grid: Grid = Grid(rows=2, columns=2)
    benchmark: tuple[Shot, ...] = Field(min_length=1)
    benchmark_grid: Grid = Grid(rows=1, columns=2)
    dnd: tuple[Shot, ...] = Field(min_length=1)
    dnd_grid: Grid = Grid(rows=1, columns=2)
    dnd_crop_size: int = Field(128, ge=8)

    @model_validator(mode="after")
    def _score_on_other_photos(self) -> Self:
        scored = {s.photo for s in (*self.validation, *self.benchmark, *self.dnd)}
        shared = sorted(scored & {shot.photo for shot in self.training})
        if shared:
            raise ValueError(
                f"{', '.join(shared)} would be trained on and scored as well; expected "
                "different photographs under sample.training than under validation, "
                "benchmark and dnd. Move a shot to another photograph."
            )
        return self
