"""A folder that a node works in by itself."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class FolderDataset(AbstractDataset[None, Path]):
    """Loads the path of a folder, which need not exist; refuses to save.

    For states of a training: they must reach the disk while the node runs, for a run
    that is killed would lose what a node only returns.

    Example for catalog.yml::

        training_state:
          type: cbsn_pipeline.datasets.FolderDataset
          filepath: data/06_models/sidd/state
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        return self._filepath

    def save(self, data: None) -> NoReturn:
        raise DatasetError(
            f"{self._filepath} is a folder that a node fills while it runs: no node "
            "returns it."
        )

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
