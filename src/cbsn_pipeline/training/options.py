"""Options of a training run, checked before anything is read."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cbsn_pipeline.cbsn.options import LossOptions, NetworkOptions

Positive = Annotated[int, Field(ge=1)]


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

    seed: Annotated[int, Field(ge=0)] = 0
    device: str = "auto"
    """``auto`` takes CUDA when it is there; or ``cpu``, ``cuda``, ``cuda:1``."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Of the convolutions; losses and weights are always float32. ``auto`` takes
    bfloat16 on a CUDA device that computes in it natively."""

    resume: bool = False
    """Go on from the last saved state, in the same MLflow run."""
    save_every: Positive = 5_000
    keep_states: Positive = 2
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
                    f"crop_size {self.crop_size} is no multiple of {name} "
                    f"{getattr(self, name)}: expected a multiple of both strides, "
                    "such as 120."
                )
        return self

    def resumable(self) -> dict[str, object]:
        """The options that a resumed run must share with the one it continues."""
        free = {"steps", "device", "resume", "save_every", "keep_states", "log_every"}
        free |= {"validate_every", "validation_blocks", "validation_images"}
        if self.learning_rate_decay == "cosine":
            free.remove("steps")  # the rate of every step depends on it
        return self.model_dump(mode="json", exclude=free)
