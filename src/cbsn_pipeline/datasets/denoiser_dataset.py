"""A trained denoiser as a versioned dataset."""

from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version
from kedro.io.core import VersionNotFoundError

from cbsn_pipeline.cbsn.denoiser import Denoiser


class DenoiserDataset(AbstractVersionedDataset[Denoiser, Denoiser]):
    """Saves and loads a :class:`~cbsn_pipeline.cbsn.Denoiser` (safetensors).

    The file carries the size of the network and where it comes from: nothing else is
    needed to use it.

    Example for catalog.yml::

        denoiser:
          type: cbsn_pipeline.datasets.DenoiserDataset
          filepath: data/06_models/sidd/denoiser.safetensors
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

    def load(self) -> Denoiser:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            path = Path(self._get_load_path())
        except VersionNotFoundError as error:
            raise DatasetError(
                f"There is no denoiser in {self._filepath} yet: expected one that a "
                "training of this environment saved. Train one first (kedro run "
                "--pipeline=train, with the same --env), or name the environment whose "
                "denoiser you want with --env."
            ) from error
        try:
            return Denoiser.load(path, device=device)
        except (FileNotFoundError, ValueError) as error:
            raise DatasetError(str(error)) from error

    def save(self, data: Denoiser) -> None:
        data.save(Path(self._get_save_path()))

    def _exists(self) -> bool:
        try:
            return Path(self._get_load_path()).is_file()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}
