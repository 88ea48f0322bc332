"""What SIDD's legacy files hold beside the blocks."""

from collections.abc import Mapping
from dataclasses import dataclass

from cbsn_pipeline.benchmarks.sidd.submission import OPTIONAL_FIELDS


@dataclass(frozen=True)
class Extras:
    """What the legacy layouts hold beside the blocks.

    Attributes:
        seconds_per_megapixel: Of the denoiser, measured.
        optional_data: Texts by the names of ``OPTIONAL_FIELDS``; "" for none.
    """

    seconds_per_megapixel: float
    optional_data: Mapping[str, str]

    def texts(self) -> dict[str, str]:
        """Give ``OptionalData`` with all of its fields, in their order."""
        return {field: self.optional_data.get(field, "") for field in OPTIONAL_FIELDS}
