"""A file whose bytes are made elsewhere, such as a model for other programs."""

from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version

from cbsn_pipeline.files.atomic import write_file


class BytesDataset(AbstractVersionedDataset[bytes, bytes]):
    """Saves and loads a file as it is; it has its name only when it is complete.

    Args:
        filepath: The file.
        version: Kedro's.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        onnx_model:
          type: cbsn_pipeline.datasets.BytesDataset
          filepath: data/06_models/sidd/denoiser.onnx
          versioned: true
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=PurePosixPath(filepath), version=version)
        self.metadata = metadata

    def load(self) -> bytes:
        return Path(self._get_load_path()).read_bytes()

    def save(self, data: bytes) -> None:
        with write_file(Path(self._get_save_path())) as partial:
            partial.write_bytes(data)

    def _exists(self) -> bool:
        try:
            return Path(self._get_load_path()).is_file()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}
