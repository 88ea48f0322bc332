"""All versions of what another entry of the catalog saves."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from kedro.io import AbstractDataset, DatasetError


class SavedVersion(NamedTuple):
    """One version of a dataset."""

    version: str
    """The time of the run that saved it."""
    path: Path
    load: Callable[[], Any]
    """Reads it.

    Raises:
        DatasetError: The file is damaged.
    """


class VersionsDataset(AbstractDataset[None, list[SavedVersion]]):
    """Loads the list of all versions, oldest first; none of them is read yet.

    Args:
        dataset: The entry of the versioned dataset, as the catalog has it.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        card: &card
          type: json.JSONDataset
          filepath: data/08_reporting/sidd/card.json
          versioned: true

        earlier_cards:
          type: cbsn_pipeline.datasets.VersionsDataset
          dataset: *card
    """

    def __init__(
        self, *, dataset: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        self._dataset = dataset
        self._filepath = Path(dataset["filepath"])
        self.metadata = metadata

    def load(self) -> list[SavedVersion]:
        # Kedro keeps <file>/<version>/<file>; versions are times, so they sort
        files = sorted(self._filepath.glob(f"*/{self._filepath.name}"))
        versions = [file.parent.name for file in files]
        return [
            SavedVersion(version, file, partial(self._read, version))
            for version, file in zip(versions, files, strict=True)
        ]

    def save(self, data: None) -> NoReturn:
        raise DatasetError(
            f"The versions of {self._filepath} are saved one by one: no node returns "
            "all of them."
        )

    def _read(self, version: str) -> Any:  # noqa: ANN401
        one = AbstractDataset.from_config(version, self._dataset, load_version=version)
        return one.load()

    def _exists(self) -> bool:
        return bool(self.load())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
