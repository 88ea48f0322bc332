"""Options of the ingest."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveInt


class IngestOptions(BaseModel):
    """How to read the noisy images.

    Attributes:
        workers: Threads that decode; ``auto`` for one per core, fewer where images are
            so large that they would take more than 2 GiB together.
        num_images: How many there must be; None accepts any number. It catches an
            archive that was unzipped by half.
        unreadable: ``stop`` where an image cannot be read, after all of them were
            tried; ``leave_out`` to go on without them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: PositiveInt | Literal["auto"] = "auto"
    num_images: PositiveInt | None = None
    unreadable: Literal["stop", "leave_out"] = "stop"
