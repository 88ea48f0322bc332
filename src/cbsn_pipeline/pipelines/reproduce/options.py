"""What a reproduction claims; an environment is a protocol."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Convention = Literal["ssim_uniform", "ssim_gaussian", "ssim_luma", "ssim_volume"]


class ReproduceOptions(BaseModel):
    """The protocol that is reproduced; conf/<env>/parameters_reproduce.yml has it.

    Attributes:
        protocol: Its name, as tables print it.
        trained_on: Kind of the training data that it demands.
        dagger: Whether it trains on the very images that are scored.
        band_db: Lowest and highest PSNR that count as reproduced; None: no verdict.
        band_source: Where the band is from.
        paper_psnr_db: The figure published for it, if there is one.
        paper_ssim: The SSIM published beside it.
        paper_ssim_convention: How that SSIM was computed.
        paper_source: Where the figures were published.
        part_of_set: Accept fewer than the 40 images x 32 blocks of the official set;
            there is no verdict then, unless the band is for that part.
        steps: The schedule that the band is for; another one gets no verdict. None:
            any.
        seeds: How many trainings: of train.seed and the numbers after it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: str
    trained_on: str
    dagger: bool = False
    band_db: tuple[float, float] | None = None
    band_source: str = ""
    paper_psnr_db: float | None = None
    paper_ssim: float | None = None
    paper_ssim_convention: Convention | None = None
    paper_source: str = ""
    part_of_set: bool = False
    steps: Annotated[int, Field(ge=1)] | None = None
    seeds: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _band_in_order(self) -> Self:
        if self.band_db and self.band_db[0] > self.band_db[1]:
            raise ValueError(
                f"reproduce.band_db is {list(self.band_db)}: expected the lower bound "
                "first, in dB."
            )
        return self
