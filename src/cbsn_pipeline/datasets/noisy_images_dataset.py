"""The images to train on, as a Kedro dataset."""

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from cbsn_pipeline.noisy_images import NoisyImages, find_noisy_images


class NoisyImagesDataset(AbstractDataset[None, NoisyImages]):
    """Lists noisy images in any of four layouts; reads them one by one; never saves.

    ======================  =========================================================
    kind                    filepath
    ======================  =========================================================
    ``sidd_medium``         folder of SIDD-Medium or SIDD-Small sRGB, at any depth
    ``sidd_blocks``         file of noisy blocks, such as BenchmarkNoisyBlocksSrgb.mat
    ``dnd``                 folder of DND
    ``photos``              folder, file or glob of photographs
    ======================  =========================================================

    Example for catalog.yml::

        noisy_images:
          type: cbsn_pipeline.datasets.NoisyImagesDataset
          kind: sidd_medium
          filepath: data/01_raw/sidd/SIDD_Medium_Srgb
    """

    def __init__(
        self, *, kind: str, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._kind = kind
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> NoisyImages:
        return find_noisy_images(self._kind, self._filepath)

    def save(self, data: None) -> NoReturn:
        raise DatasetError(f"{self._filepath} is raw data: never written.")

    def _exists(self) -> bool:
        try:
            return len(self.load()) > 0
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"kind": self._kind, "filepath": str(self._filepath)}
