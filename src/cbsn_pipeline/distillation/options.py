"""Options of a student's training; light to import, without torch."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cbsn_pipeline.cbsn.options import Restitution, UNetOptions

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class StudentOptions(BaseModel):
    """How a student learns; conf/base/parameters_student.yml has the values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: UNetOptions = UNetOptions()

    start: str | None = None
    """Weights the first student starts from: the name of some that come with the
    program, or a file. Fewer steps are enough then. None: random ones."""
    generations: Annotated[int, Field(ge=0)] = 0
    """Students in a row: each after the first learns from the one before. None at 0:
    the C-BSN itself is what is used."""
    steps: Positive = 12000
    """Optimiser steps of each."""
    batch_size: Positive = 2
    """Crops per step."""
    crop_size: Positive = 128
    """Pixels; a multiple of 16 for the default network."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """The highest one: it rises over the first tenth of a generation's steps and falls
    to zero over the others. Each generation has .7 times that of the one before."""

    real: Share = 0.5
    """Share of pairs with the noisy patch itself; the others get noise transplanted."""
    halved: Share = 0.3
    """Share of transplanted pairs whose scene is made half as large, and so sharper."""
    restitution: Restitution = "auto"
    """What the first teacher's outputs get back; see docs/method.md."""
    max_patches: Positive = 1024
    """Patches that are learned from, evenly spread over all of them; kept in memory."""

    seed: Annotated[int, Field(ge=0)] = 0
    device: str = "auto"
    """``auto`` takes CUDA when it is there; or ``cpu``, ``cuda``, ``cuda:1``."""
    threads: Positive | None = None
    """Threads of a CPU; None is one per core that the process may use."""
    save_every_minutes: Annotated[float, Field(gt=0)] = 5.0
    """Minutes between saved states; the same command goes on from the last one."""
    log_every: Positive = 100
    """Steps between metrics."""

    @model_validator(mode="after")
    def _crop_fits_the_network(self) -> Self:
        unit = 2 << (len(self.network.widths) - 1)
        if self.crop_size % unit:
            raise ValueError(
                f"student.crop_size {self.crop_size} is not a multiple of {unit}, as "
                f"a network of {len(self.network.widths)} levels needs."
            )
        return self

    def numbers(self) -> dict[str, object]:
        """The options that change a step: a state is of these.

        The number of generations is not among them: another one may follow later.
        """
        free = {"device", "threads", "save_every_minutes", "log_every", "generations"}
        return self.model_dump(mode="json", exclude=free)
