"""A submission to check, and where the noisy input that it was made of may be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats.mat_file import list_variables
from cbsn_pipeline.formats.sidd_blocks import read_blocks

BLOCK_AXES = 5  # images, blocks, height, width, RGB


@dataclass(frozen=True)
class SubmissionPaths:
    """What was named on the command line, and what the environment has.

    Attributes:
        path: The submission, a file or folder.
        noisy: The noisy input that was named; None if none was.
        sidd_noisy: The environment's noisy benchmark blocks; need not exist.
        dnd_noisy: The environment's folder of DND; need not exist.
    """

    path: Path
    noisy: Path | None
    sidd_noisy: Path
    dnd_noisy: Path


class SubmissionDataset(AbstractDataset[None, SubmissionPaths]):
    """Loads the paths of a submission and of its noisy input; refuses to save.

    Nothing is opened: what is wrong with a file is for the check to report.

    Example for catalog.yml::

        submission_to_check:
          type: cbsn_pipeline.datasets.SubmissionDataset
          filepath: ${runtime_params:path, null}
          noisy: ${runtime_params:noisy, null}
          sidd_noisy: ${globals:sidd_path}/BenchmarkNoisyBlocksSrgb.mat
          dnd_noisy: ${globals:dnd_path}
    """

    def __init__(
        self,
        *,
        filepath: str | None,
        sidd_noisy: str,
        dnd_noisy: str,
        noisy: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = filepath
        self._noisy = noisy
        self._sidd_noisy, self._dnd_noisy = Path(sidd_noisy), Path(dnd_noisy)
        self.metadata = metadata

    def load(self) -> SubmissionPaths:
        if not self._filepath:
            raise DatasetError(
                "No submission was named; expected the path of a CSV file for Kaggle, "
                "of SubmitSrgb.mat, or of the folder or zip of DND's bundled files, as "
                "in kedro run --pipelines=check_submission --params path=/my/file.csv"
            )
        return SubmissionPaths(
            path=Path(str(self._filepath)).expanduser(),
            noisy=Path(str(self._noisy)).expanduser() if self._noisy else None,
            sidd_noisy=self._sidd_noisy,
            dnd_noisy=self._dnd_noisy,
        )

    def save(self, data: None) -> NoReturn:
        raise DatasetError(f"{self._filepath} is checked, never written.")

    def _exists(self) -> bool:
        return bool(self._filepath) and Path(str(self._filepath)).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "noisy": self._noisy}


def read_noisy_blocks(path: Path) -> NDArray[np.uint8]:
    """Read noisy SIDD blocks whatever the file calls them.

    Args:
        path: A MATLAB file of either container.

    Returns:
        uint8 0..255, (images, blocks, 256, 256, 3).

    Raises:
        DatasetError: It cannot be read, or holds no blocks.
    """
    found = list_variables(path)
    names = [name for name, (shape, _) in found.items() if len(shape) == BLOCK_AXES]
    return read_blocks(path, names[0] if names else path.stem)
