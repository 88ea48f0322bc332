"""What can be chosen when comparing trainings."""

from string import ascii_uppercase
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cbsn_pipeline.lists import Joined

LETTERS = ascii_uppercase  # what runs are called in tables: A, B, ...
MIN_RUNS = 2


class CompareOptions(BaseModel):
    """Options of the compare stage; conf/base/parameters_compare.yml has the values.

    Attributes:
        runs: What to compare, each against the first: MLflow run ids, score files or
            folders that ``validate`` wrote, reproduction cards. One string with ``+``
            between them is taken too, since ``--params`` has no lists.
        labels: Names of the runs in the tables, given like the runs; None: what MLflow,
            the card or the folder calls them.
        method: Which row of each run's scores: ``denoised``, ``denoised_ema``, ...
        resample: The unit behind the first interval and p; the interval by images is
            reported in either case.
        resamples: Draws of the bootstrap.
        confidence: Of the intervals.
        seed: Of the draws.
        panels: Blocks to show at either end, worst and best, of each pair; 0 for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: Annotated[tuple[str, ...], Joined] = ()
    labels: Annotated[tuple[str, ...] | None, Joined] = None
    method: str = Field("denoised", min_length=1)
    resample: Literal["blocks", "images"] = "blocks"
    resamples: int = Field(10_000, ge=100)
    confidence: float = Field(0.95, gt=0.0, lt=1.0)
    seed: int = Field(0, ge=0)
    panels: int = Field(2, ge=0)

    @model_validator(mode="after")
    def _check_runs(self) -> Self:
        # None at all is for the node to refuse: every other stage can do without.
        if self.runs and not MIN_RUNS <= len(self.runs) <= len(LETTERS):
            raise ValueError(
                f"compare.runs must name {MIN_RUNS} to {len(LETTERS)} runs, got "
                f"{len(self.runs)}: {list(self.runs)}. On the command line they are "
                "joined by +, as in --params compare.runs=A+B; a path that contains a "
                "+ needs a list in a file (kedro run --config)."
            )
        if not all(self.runs):
            raise ValueError(
                f"compare.runs has an empty entry: {list(self.runs)}. Is there a + too "
                "many?"
            )
        if self.labels is not None and len(self.labels) != len(self.runs):
            raise ValueError(
                f"compare.labels names {len(self.labels)} runs, compare.runs "
                f"{len(self.runs)}: expected one label per run, or null."
            )
        return self
