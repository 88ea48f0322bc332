"""A checkpoint of TensorFlow, of which a network's weights are taken."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from cbsn_pipeline.formats.tensorflow_bundle import Checkpoint


class TensorFlowCheckpointDataset(AbstractDataset[None, Checkpoint]):
    """Opens a checkpoint (format V2); values are read when asked for; refuses to save.

    Args:
        filepath: The prefix of its files, any of them, or their folder.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        official_checkpoint:
          type: cbsn_pipeline.datasets.TensorFlowCheckpointDataset
          filepath: ${runtime_params:checkpoint, null}
    """

    def __init__(
        self, *, filepath: str | None, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> Checkpoint:
        if not self._filepath:
            raise DatasetError(
                "No checkpoint was named; expected the prefix of the authors' files, "
                "as in kedro run --pipelines=import_official --params "
                "checkpoint=/my/CBSN_SIDDtrain.ckpt"
            )
        return Checkpoint.open(Path(str(self._filepath)).expanduser())

    def save(self, data: None) -> NoReturn:
        raise DatasetError(f"{self._filepath} is imported, never written.")

    def _exists(self) -> bool:
        try:
            return bool(self.load())
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
