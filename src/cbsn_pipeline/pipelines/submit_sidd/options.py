"""What can be chosen when making a submission to SIDD."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cbsn_pipeline.benchmarks.sidd.submission import Layout
from cbsn_pipeline.cbsn.options import Restitution
from cbsn_pipeline.lists import Joined


class OptionalData(BaseModel):
    """What the legacy files say of a method; read by people only.

    Attributes:
        method_name: Shown in the site's table.
        authors: As they wish to be named.
        paper_title: "" for none.
        venue: Where the paper appeared.
        machine_specs: What denoised; None for the GPU or processor that did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method_name: str = "C-BSN"
    authors: str = ""
    paper_title: str = ""
    venue: str = ""
    machine_specs: str | None = None

    def as_matlab(self, hardware: str) -> dict[str, str]:
        """Name the fields as the struct ``OptionalData`` has them.

        Args:
            hardware: For ``machine_specs`` where that is None.
        """
        machine = hardware if self.machine_specs is None else self.machine_specs
        return {
            "MethodName": self.method_name,
            "Authors": self.authors,
            "PaperTitle": self.paper_title,
            "Venue": self.venue,
            "MachineSpecs": machine,
        }


class SubmitSiddOptions(BaseModel):
    """Options of submit_sidd; conf/base/parameters_submit_sidd.yml has the values.

    Attributes:
        num_images: Images of the set; another number of them is refused.
        num_blocks: Blocks per image; another number of them is refused.
        layouts: Files to write: ``kaggle``, ``legacy_cell``, ``legacy_array``. One
            string with ``+`` between them is taken too: ``--params`` has no lists.
        zip: Whether to put each file into an archive of its own too.
        padding: Pixels reflected at the edges of a block before denoising.
        batch_size: Blocks per forward pass; None is 1 on a CPU and 16 on a GPU.
        weights: ``raw``, those of the last step, or ``ema``, their moving average.
        restitution: Give back tone and colour that the network took: ``auto``, ``off``
            (the network alone, as published), or a window and a strength.
        optional_data: What the legacy files say of the method.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_images: int = Field(40, ge=1)
    num_blocks: int = Field(32, ge=1)
    layouts: Annotated[tuple[Layout, ...], Joined] = ("kaggle",)
    zip: bool = False
    padding: int = Field(0, ge=0)
    batch_size: int | None = Field(None, ge=1)
    weights: Literal["raw", "ema"] = "raw"
    restitution: Restitution = "auto"
    optional_data: OptionalData = OptionalData()

    @model_validator(mode="after")
    def _check_layouts(self) -> Self:
        if not self.layouts or len(set(self.layouts)) != len(self.layouts):
            raise ValueError(
                f"submit_sidd.layouts must name one or more of "
                f"{', '.join(get_args(Layout))}, each once, got "
                f"{list(self.layouts)}. On the command line they are joined by +, as "
                "in --params submit_sidd.layouts=kaggle+legacy_cell."
            )
        return self
