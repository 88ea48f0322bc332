"""SIDD's blocks: one array of a MATLAB file."""

import logging
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from cbsn_pipeline.formats.sidd_blocks import Blocks, gt_spellings, read_blocks

logger = logging.getLogger(__name__)


class MatBlocksDataset(AbstractDataset[None, Blocks | None]):
    """Loads the blocks of SIDD, uint8 0..255 (images, blocks, 256, 256, 3).

    The file may be MATLAB v5 or v7.3. "Gt" may be spelt "GT", in the names of file and
    variable. Nothing is ever saved.

    Args:
        filepath: The .mat file.
        variable: The array in it; by default named like the file.
        required: If false, a file that is not there loads as None.
        as_stored: Keep the blocks in memory in the order of the file, image varying
            fastest: 252 MB for the official set, and not twice as much while it is
            read. For those who go through the images one by one.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        validation_noisy_blocks:
          type: cbsn_pipeline.datasets.MatBlocksDataset
          filepath: ${globals:sidd_path}/ValidationNoisyBlocksSrgb.mat
          variable: ValidationNoisyBlocksSrgb
    """

    def __init__(
        self,
        *,
        filepath: str,
        variable: str | None = None,
        required: bool = True,
        as_stored: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = Path(filepath)
        self._variable = variable or self._filepath.stem
        self._required = required
        self._as_stored = as_stored
        self.metadata = metadata

    def load(self) -> Blocks | None:
        path = _present_spelling(self._filepath)
        if not self._required and not path.exists():
            logger.info("%s is not there and not required: going on without.", path)
            return None
        blocks = read_blocks(path, self._variable, as_stored=self._as_stored)
        if path != self._filepath:
            logger.info("%s not found, %s read instead.", self._filepath, path.name)
        return blocks

    def save(self, data: None) -> NoReturn:
        raise DatasetError(f"{self._filepath} is raw data: never written.")

    def _exists(self) -> bool:
        return _present_spelling(self._filepath).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "variable": self._variable}


def _present_spelling(path: Path) -> Path:
    spellings = [path.with_name(name) for name in gt_spellings(path.name)]
    return next((path for path in spellings if path.exists()), path)
