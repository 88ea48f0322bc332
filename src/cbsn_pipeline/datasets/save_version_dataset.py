"""The version that everything of this run is saved under."""

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError, Version


class SaveVersionDataset(AbstractDataset[None, str]):
    """Loads the version that this run saves its results under; refuses to save.

    For a page that links to pictures of the same run: they are saved after it.

    Example for catalog.yml::

        run_version:
          type: cbsn_pipeline.datasets.SaveVersionDataset
          versioned: true
    """

    def __init__(
        self, *, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._version = version
        self.metadata = metadata

    def load(self) -> str:
        if self._version is None or self._version.save is None:
            raise DatasetError(
                "No version is known that this run saves under; expected 'versioned: "
                "true' in the catalog entry of the SaveVersionDataset."
            )
        save: str = self._version.save
        return save

    def save(self, data: None) -> NoReturn:
        raise DatasetError("The version of a run is made by Kedro: no node returns it.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"version": self._version}
