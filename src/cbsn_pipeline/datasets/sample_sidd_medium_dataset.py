"""Writes simulated photographs in the layout of SIDD-Medium."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.names import parse_scene_instance
from cbsn_pipeline.files.atomic import write_folder
from cbsn_pipeline.formats.images import write_png

DATA_FOLDER = "Data"


@dataclass(frozen=True)
class ImagePair:
    """One photograph of a scene instance.

    Attributes:
        scene_instance: Name of its folder.
        frame: ``010`` or ``011``.
        noisy: (H, W, 3) uint8, 0..255.
        clean: The same without noise.
    """

    scene_instance: str
    frame: str
    noisy: NDArray[np.uint8]
    clean: NDArray[np.uint8]


class SampleSiddMediumDataset(AbstractDataset[Sequence[ImagePair], None]):
    """Saves pairs as ``Data/<scene instance>/NNNN_{NOISY,GT}_SRGB_{010,011}.PNG``.

    A folder that is there is replaced, and only once the new one is complete. To read
    it, use :class:`NoisyImagesDataset` with kind ``sidd_medium``.

    Example for catalog.yml::

        sample_sidd_medium:
          type: cbsn_pipeline.datasets.SampleSiddMediumDataset
          filepath: data/01_raw/sample/sidd/SIDD_Medium_Srgb
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> NoReturn:
        raise DatasetError(
            f"{self._filepath} is only written here. Read it with NoisyImagesDataset, "
            "kind sidd_medium."
        )

    def save(self, data: Sequence[ImagePair]) -> None:
        with write_folder(self._filepath) as partial:
            for pair in data:
                instance = parse_scene_instance(pair.scene_instance).instance
                folder = partial / DATA_FOLDER / pair.scene_instance
                stem = f"{instance:04d}_{{}}_SRGB_{pair.frame}.PNG"
                write_png(folder / stem.format("NOISY"), pair.noisy)
                write_png(folder / stem.format("GT"), pair.clean)

    def _exists(self) -> bool:
        return (self._filepath / DATA_FOLDER).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
