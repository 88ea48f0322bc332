"""Options of a training run, checked before anything is read."""

import re
import socket
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cbsn_pipeline.cbsn.options import LossOptions, NetworkOptions

Positive = Annotated[int, Field(ge=1)]
Switch = bool | Literal["auto"]
"""True and false fall back, with a warning, where they cannot be had."""


class SpeedOptions(BaseModel):
    """How the same numbers come sooner; ``auto`` is what docs/performance.md chose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels_last: Switch = "auto"
    """Keep the channels of a pixel side by side in memory."""
    undilated: Switch = "auto"
    """Ordinary kernels on sub-images instead of dilated ones; exact."""
    compile: Switch = "auto"
    """Let torch.compile fuse what lies between the convolutions."""
    cuda_graphs: Switch = "auto"
    """Record a step's kernels once, then replay them without the host."""
    fused_adam: Switch = "auto"
    """One kernel for all weights."""
    patches_on_device: Switch = "auto"
    """Keep all patches in GPU memory; else they are read ahead from the file."""
    threads: Literal["auto"] | Positive = "auto"
    """Threads of a CPU; ``auto`` is one per core that the process may use."""


class TrainOptions(LossOptions):
    """The released training of C-BSN by default (train.py, jyicu/CBSN at 37da7aa)."""

    network: NetworkOptions = NetworkOptions()

    steps: Positive = 500_000
    batch_size: Positive = 4
    crop_size: Positive = 120
    """Pixels; a multiple of both strides."""
    ramp_steps: Annotated[int, Field(ge=0)] = 200_000
    """Steps over which the visible and invariance terms grow to full weight."""

    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    learning_rate_decay: Literal["halving", "cosine"] = "halving"
    """``halving`` every ``halving_steps`` (released), or ``cosine`` to zero."""
    halving_steps: Positive = 100_000

    ema_decay: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Keep a moving average of the weights too, such as .999; None as released."""

    seed: Annotated[int, Field(ge=0)] = 0
    device: str = "auto"
    """``auto`` takes CUDA when it is there; or ``cpu``, ``cuda``, ``cuda:1``."""
    precision: Literal["float32", "bfloat16", "auto"] = "auto"
    """Of the convolutions; losses and weights are always float32. ``auto`` takes
    bfloat16 where the hardware computes in it natively."""
    speed: SpeedOptions = SpeedOptions()

    devices: Positive | Literal["auto"] = 1
    """Processes on this host, one per GPU (or, on CPUs, sharing the cores); ``auto``
    is one per GPU. The batch is shared among all."""
    hosts: Positive = 1
    """Machines that run this same command together."""
    rendezvous: str | None = None
    """``host:port`` of one of them, where they meet."""
    max_restarts: Annotated[int, Field(ge=0)] = 3
    """How often lost processes are replaced; training goes on at the last state."""

    resume: bool = False
    """Go on from the last saved state, in the same MLflow run."""
    save_every: Positive = 5_000
    """Steps between saved states."""
    save_every_minutes: Annotated[float, Field(gt=0)] = 15.0
    """Minutes after which a state is saved anyway."""
    keep_states: Positive = 2
    """The newest ones; the best by held-out PSNR is kept besides."""
    log_every: Positive = 100
    validate_every: Positive = 10_000
    validation_blocks: Positive = 40
    """Held-out blocks scored during training, evenly spread over all of them."""
    validation_images: Annotated[int, Field(ge=0)] = 2
    """How many of those are logged as pictures."""

    @model_validator(mode="after")
    def _crop_fits_strides(self) -> Self:
        for name in ("blind_stride", "invariance_stride"):
            if self.crop_size % getattr(self, name):
                raise ValueError(
                    f"crop_size {self.crop_size} is not a multiple of {name} "
                    f"{getattr(self, name)}: expected a multiple of both strides, "
                    "such as 120."
                )
        return self

    @model_validator(mode="after")
    def _hosts_can_meet(self) -> Self:
        if self.hosts > 1 and not re.fullmatch(r"\S+:\d+", self.rendezvous or ""):
            raise ValueError(
                f"{self.hosts} hosts cannot find each other: train.rendezvous is "
                f"{self.rendezvous!r}, expected host:port of one of them, such as "
                "node0:29400."
            )
        return self

    @property
    def host(self) -> str:
        """Name of this machine, where it is one of several."""
        return socket.gethostname() if self.hosts > 1 else ""

    def resumable(self) -> dict[str, object]:
        """The options that a resumed run must share with the one it continues."""
        free = {"steps", "device", "speed", "resume", "log_every", "keep_states"}
        free |= {"devices", "hosts", "rendezvous", "max_restarts"}
        free |= {"save_every", "save_every_minutes"}
        free |= {"validate_every", "validation_blocks", "validation_images"}
        if self.learning_rate_decay == "cosine":
            free.remove("steps")  # the rate of every step depends on it
        return self.model_dump(mode="json", exclude=free)
