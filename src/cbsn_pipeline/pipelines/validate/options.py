"""What can be chosen when scoring."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cbsn_pipeline.cbsn.options import Restitution
from cbsn_pipeline.lists import Joined

Baseline = Literal["non_local_means", "gaussian_blur_2", "gaussian_blur_oracle"]

OFFICIAL_IMAGES = 40
OFFICIAL_BLOCKS = 32


class ValidateOptions(BaseModel):
    """Options of the validate stage; conf/base/parameters_validate.yml has the values.

    Attributes:
        num_images: Images of the set; another number of them is refused.
        num_blocks: Blocks per image; another number of them is refused.
        image_indices: For part of the official set: which of its 40 images, counted
            from 0, each row of the arrays is.
        scene_instances: For a set of one's own: the SIDD-style name of each row.
        padding: Pixels reflected at the edges of a block before denoising.
        batch_size: Blocks per forward pass; None is 1 on a CPU and 16 on a GPU.
        blind_strides: Score the blind network too, on sub-images of these strides: what
            the training without a visible pass would give. On the command line they
            are joined by ``+``, since ``--params`` has no lists.
        restitution: Of the row with restitution, beside that of the network alone;
            ``off`` for none.
        baselines: Methods to score beside the denoiser and the noisy input.
        blur_sigmas: Where the oracle looks for the best blur, in pixels.
        workers: Threads that score; ``auto`` takes one per core.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_images: int = Field(OFFICIAL_IMAGES, ge=1)
    num_blocks: int = Field(OFFICIAL_BLOCKS, ge=1)
    image_indices: tuple[int, ...] | None = None
    scene_instances: tuple[str, ...] | None = None
    padding: int = Field(0, ge=0)
    batch_size: int | None = Field(None, ge=1)
    blind_strides: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Joined] = ()
    restitution: Restitution = "auto"
    baselines: tuple[Baseline, ...] = (
        "non_local_means",
        "gaussian_blur_2",
        "gaussian_blur_oracle",
    )
    blur_sigmas: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        tuple(step / 2 for step in range(1, 13)), min_length=1
    )
    workers: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"

    @model_validator(mode="after")
    def _check_names_of_rows(self) -> Self:
        if self.image_indices is not None and self.scene_instances is not None:
            raise ValueError(
                "validate.image_indices and validate.scene_instances both say what the "
                "rows are: give the first for part of the official set, the second for "
                "a set of your own."
            )
        for option in ("image_indices", "scene_instances"):
            rows = getattr(self, option)
            if rows is not None and len(rows) != self.num_images:
                raise ValueError(
                    f"validate.{option} names {len(rows)} rows, but "
                    f"validate.num_images is {self.num_images}: expected one per image."
                )
        return self

    @model_validator(mode="after")
    def _check_indices(self) -> Self:
        indices = self.image_indices or ()
        outside = [i for i in indices if not 0 <= i < OFFICIAL_IMAGES]
        if outside or len(set(indices)) != len(indices):
            raise ValueError(
                f"validate.image_indices must be different numbers from 0 to "
                f"{OFFICIAL_IMAGES - 1}, got {list(indices)}."
            )
        return self

    @model_validator(mode="after")
    def _check_scene_instances(self) -> Self:
        if self.scene_instances:
            from cbsn_pipeline.benchmarks.sidd.names import parse_scene_instance

            for name in self.scene_instances:
                parse_scene_instance(name)
        return self
