"""A trained denoiser as a versioned dataset."""

import logging
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version
from kedro.io.core import VersionNotFoundError

from cbsn_pipeline import models
from cbsn_pipeline.cbsn.denoiser import Denoiser

logger = logging.getLogger(__name__)


class DenoiserDataset(AbstractVersionedDataset[Denoiser, Denoiser]):
    """Saves and loads a :class:`~cbsn_pipeline.cbsn.Denoiser` (safetensors).

    The file carries the size of the network and where it comes from: nothing else is
    needed to use it.

    Args:
        filepath: Where it is saved, and loaded from.
        model: Another one to load: the name of weights that come with the program, or
            a file.
        otherwise: The name of those to load while nothing is saved.
        version: Kedro's.
        metadata: Kedro's.

    Example for catalog.yml::

        denoiser:
          type: cbsn_pipeline.datasets.DenoiserDataset
          filepath: data/06_models/sidd/denoiser.safetensors
          versioned: true
          otherwise: sidd_small
    """

    def __init__(
        self,
        *,
        filepath: str,
        model: str | None = None,
        otherwise: str | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=PurePosixPath(filepath), version=version)
        self._model, self._otherwise = model, otherwise
        self.metadata = metadata

    def load(self) -> Denoiser:
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            return Denoiser.load(self._choose(), device=device)
        except (FileNotFoundError, ValueError) as error:
            raise DatasetError(str(error)) from error

    def resolve_load_version(self) -> str | None:
        """Version that is loaded; None where it is none of this dataset's."""
        try:
            loaded: str | None = super().resolve_load_version()
        except VersionNotFoundError:
            if self._otherwise is None:
                raise
            return None
        return None if self._model else loaded

    def _choose(self) -> Path:
        """Find the file to load."""
        if self._model:
            return models.find(self._model)
        try:
            if self._version is None or self.resolve_load_version():
                return Path(self._get_load_path())
        except VersionNotFoundError as error:
            raise DatasetError(
                f"There is no denoiser in {self._filepath} yet: expected one that a "
                "training of this environment saved. Train one first (kedro run "
                "--pipelines=train, with the same --env), or name the environment "
                "whose denoiser you want with --env."
            ) from error
        assert self._otherwise is not None
        logger.warning(
            "Nothing was trained in this environment (%s): using %s, the weights that "
            "come with the program. For others: --params model=NAME or FILE.",
            *(self._filepath, self._otherwise),
        )
        return models.find(self._otherwise)

    def save(self, data: Denoiser) -> None:
        data.save(Path(self._get_save_path()))

    def _exists(self) -> bool:
        try:
            return Path(self._get_load_path()).is_file()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}
