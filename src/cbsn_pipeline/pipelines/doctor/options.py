"""Options of the doctor."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt

from cbsn_pipeline.raw_data_checks.environment import PartName
from cbsn_pipeline.raw_data_checks.examination import Kind


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
    noisy_kind: Kind
    parts: tuple[PartName, ...] = (
        *("training", "validation", "benchmark", "dnd", "photos"),
    )
