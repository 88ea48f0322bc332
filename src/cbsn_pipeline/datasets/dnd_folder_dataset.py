"""The folder of DND as a dataset."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from cbsn_pipeline.benchmarks.dnd.folder import INFO_FILE
from cbsn_pipeline.formats.dnd_folder import DndFolder


class DndFolderDataset(AbstractDataset[None, DndFolder]):
    """Loads the folder of DND; refuses to save.

    Example for catalog.yml::

        dnd_images:
          type: cbsn_pipeline.datasets.DndFolderDataset
          filepath: ${globals:dnd_path}
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> DndFolder:
        return DndFolder(self._filepath)

    def save(self, data: None) -> NoReturn:
        raise DatasetError(f"{self._filepath} is raw data: never written.")

    def _exists(self) -> bool:
        return (self._filepath / INFO_FILE).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
