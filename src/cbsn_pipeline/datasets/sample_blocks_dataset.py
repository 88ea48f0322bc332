"""Writes simulated blocks as SIDD publishes its own: MATLAB v5, compressed."""

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks
from cbsn_pipeline.files.atomic import write_file

HEADER_TEXT = b"MATLAB 5.0 MAT-file, simulated by cbsn_pipeline"
_HEADER_BYTES = 116  # of text; SciPy writes the date there


class SampleBlocksDataset(AbstractDataset[NDArray[np.uint8], None]):
    """Saves uint8 (images, blocks, 256, 256, 3) as one variable, the file's stem.

    The same blocks give the same bytes. To read them, use :class:`MatBlocksDataset`.

    Example for catalog.yml::

        sample_validation_noisy_blocks:
          type: cbsn_pipeline.datasets.SampleBlocksDataset
          filepath: data/01_raw/sample/sidd/ValidationNoisyBlocksSrgb.mat
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> NoReturn:
        raise DatasetError(
            f"{self._filepath} is only written here. Read it with MatBlocksDataset."
        )

    def save(self, data: NDArray[np.uint8]) -> None:
        from scipy.io import savemat

        check_blocks(data, source=self._filepath, num_images=None, num_blocks=None)
        with write_file(self._filepath) as partial:
            savemat(partial, {self._filepath.stem: data}, do_compression=True)
            with partial.open("r+b") as file:
                file.write(HEADER_TEXT.ljust(_HEADER_BYTES))

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
