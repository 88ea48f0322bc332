"""What a reproduction claims; an environment is a protocol."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Convention = Literal["ssim_uniform", "ssim_gaussian", "ssim_luma", "ssim_volume"]


class ReproduceOptions(BaseModel):
    """The protocol that is reproduced; conf/<env>/parameters_reproduce.yml has it.

    Attributes:
        protocol: Its name, as tables print it.
        scored_by: ``blocks``: we score SIDD's validation blocks. ``site``: we make the
            submission to DND, and its site scores.
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
        site_psnr_db: What the site answered, in dB; None until it did.
        site_ssim: The SSIM that it answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: str
    scored_by: Literal["blocks", "site"] = "blocks"
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
    site_psnr_db: float | None = None
    site_ssim: float | None = None

    @model_validator(mode="after")
    def _seeds_are_scored_here(self) -> Self:
        if self.scored_by == "site" and self.seeds > 1:
            raise ValueError(
                f"reproduce.seeds is {self.seeds}, but a site scores one submission at "
                "a time: run --pipelines=reproduce_dnd once per train.seed."
            )
        return self

    @model_validator(mode="after")
    def _band_in_order(self) -> Self:
        if self.band_db and self.band_db[0] > self.band_db[1]:
            raise ValueError(
                f"reproduce.band_db is {list(self.band_db)}: expected the lower bound "
                "first, in dB."
            )
        return self
