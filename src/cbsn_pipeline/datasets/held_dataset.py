"""What a node passes on unchanged, and a later run can read where it came from."""

from typing import Any

from kedro.io import AbstractDataset


class HeldDataset(AbstractDataset[Any, Any]):
    """Hands on the very object that was saved; without one, loads another entry's.

    For data that a node only checks: nothing is copied or written, and the nodes behind
    it can run alone. Kedro's CachedDataset would save what is raw data.

    Args:
        dataset: The entry of what the node checked, as the catalog has it.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        noisy_blocks:
          type: cbsn_pipeline.datasets.HeldDataset
          dataset: *validation_noisy_blocks
    """

    _EPHEMERAL = True  # so that --only-missing-outputs does not leave out the check

    def __init__(
        self, *, dataset: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        self._source = AbstractDataset.from_config("dataset", dataset)
        self._held: Any = None
        self.metadata = metadata

    def load(self) -> Any:  # noqa: ANN401
        return self._source.load() if self._held is None else self._held

    def save(self, data: Any) -> None:  # noqa: ANN401
        self._held = data

    def _exists(self) -> bool:
        return self._held is not None or self._source.exists()

    def _release(self) -> None:
        self._held = None

    def _describe(self) -> dict[str, Any]:
        return {"dataset": str(self._source)}
