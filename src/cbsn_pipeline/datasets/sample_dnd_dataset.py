"""Writes simulated photographs in the layout of DND: MATLAB v7.3, which is HDF5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.folder import (
    IMAGE_FOLDER,
    IMAGE_VARIABLE,
    INFO_FIELDS,
    INFO_FILE,
    INFO_GROUP,
    image_file_name,
)
from cbsn_pipeline.files.atomic import write_folder
from cbsn_pipeline.formats.matlab_hdf5 import (
    USER_BLOCK,
    Value,
    mark_struct,
    put,
    write_header,
)

HEADER_TEXT = b"MATLAB 7.3 MAT-file, simulated by cbsn_pipeline"


@dataclass(frozen=True)
class DndImage:
    """One photograph and what ``info.mat`` says of it.

    Attributes:
        noisy: (H, W, 3) float32 in [0, 1], not quantised.
        boxes: (boxes, 4): row0, col0, row1, col1; from 1, both ends inside.
        camera: Fields of the struct ``camera``; ``type`` is its name.
        noise_level: a and b of the variance ``a x + b`` of raw values x in [0, 1].
        sigma_raw: (boxes, 2, 2): standard deviation per place of the Bayer cell.
        sigma_srgb: (boxes,): standard deviation of the noise, sRGB in [0, 1].
    """

    noisy: NDArray[np.float32]
    boxes: NDArray[np.int64]
    camera: Mapping[str, Value]
    noise_level: tuple[float, float]
    sigma_raw: NDArray[np.float64]
    sigma_srgb: NDArray[np.float64]


class SampleDndDataset(AbstractDataset[Sequence[DndImage], None]):
    """Saves ``info.mat`` and ``images_srgb/NNNN.mat``.

    A folder that is there is replaced, and only once the new one is complete. The same
    images give the same bytes. To read it, use :class:`DndFolderDataset`.

    Example for catalog.yml::

        sample_dnd:
          type: cbsn_pipeline.datasets.SampleDndDataset
          filepath: data/01_raw/sample/dnd_2017
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> NoReturn:
        raise DatasetError(
            f"{self._filepath} is only written here. Read it with DndFolderDataset."
        )

    def save(self, data: Sequence[DndImage]) -> None:
        with write_folder(self._filepath) as partial:
            (partial / IMAGE_FOLDER).mkdir()
            for number, image in enumerate(data, start=1):
                file = partial / IMAGE_FOLDER / image_file_name(number)
                _write_image(file, image.noisy)
            _write_info(partial / INFO_FILE, data)

    def _exists(self) -> bool:
        return (self._filepath / INFO_FILE).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _write_image(path: Path, noisy: NDArray[np.float32]) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        put(file, IMAGE_VARIABLE, noisy)
    write_header(path, HEADER_TEXT)


def _write_info(path: Path, images: Sequence[DndImage]) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        info = file.create_group(INFO_GROUP)
        mark_struct(info, INFO_FIELDS)
        for field in INFO_FIELDS:
            references = np.empty((1, len(images)), dtype=h5py.ref_dtype)
            for index, image in enumerate(images):
                name = f"#refs#/{field}_{index}"
                put(file, name, _field(image, field))
                references[0, index] = file[name].ref
            info.create_dataset(field, data=references, track_times=False)
    write_header(path, HEADER_TEXT)


def _field(image: DndImage, field: str) -> Value:
    """Give a field of ``info`` with its axes in MATLAB's order."""
    a, b = image.noise_level
    values: dict[str, Value] = {
        "boundingboxes": image.boxes.astype(np.float64),
        "camera": image.camera,
        "nlf": {"a": a, "b": b},
        "sigma_raw": image.sigma_raw,
        "sigma_srgb": image.sigma_srgb[:, None],
    }
    return values[field]
