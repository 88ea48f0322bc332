"""The patches to train on: written once, reused while nothing changes."""

import base64
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import ImagePreview

from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.formats.images import encode_png
from cbsn_pipeline.formats.patch_file import PATCHES_VERSION, PatchFile, read_attributes
from cbsn_pipeline.imaging.quantise import to_uint8
from cbsn_pipeline.noisy_images.patch_extraction import PatchExtraction
from cbsn_pipeline.progress import Progress

logger = logging.getLogger(__name__)

GIB = 1024**3
SPARE_BYTES = 64 * 2**20  # index and provenance, and room for the system to breathe
PREVIEW_CROP = 128  # pixels; enough to see the noise at 1:1


class PatchesDataset(AbstractDataset[PatchExtraction, PatchFile]):
    """Writes patches to one HDF5 file, one patch per chunk, and loads them lazily.

    Saving does nothing, and reads nothing, when the file is already that of the same
    data and options. A save that is interrupted leaves the file of before.

    The file holds ``patches`` (N, P, P, 3), ``provenance`` (N, 3: image, row, column)
    and ``image_names``; attributes ``fingerprint``, ``digest``, ``kind``, ``options``,
    ``format_version`` and, only when finished, ``complete``.

    Example for catalog.yml::

        patches:
          type: cbsn_pipeline.datasets.PatchesDataset
          filepath: data/03_primary/${globals:name}/patches.h5
    """

    def __init__(
        self, *, filepath: str, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> PatchFile:
        return PatchFile(self._filepath)

    def save(self, data: PatchExtraction) -> None:
        reason = self._reason_to_write(data)
        if reason is None:
            logger.info("%s reused: nothing changed.", self._filepath)
            return
        self._filepath.parent.mkdir(parents=True, exist_ok=True)
        self._check_space(data)
        logger.info("%s is written: %s.", self._filepath, reason)
        with write_file(self._filepath) as partial:
            _write(partial, data)

    def _reason_to_write(self, wanted: PatchExtraction) -> str | None:
        """Say why the file must be written; None if it is what is wanted."""
        if not self._filepath.exists():
            return "it is not there yet"
        try:
            present = read_attributes(self._filepath)
        except DatasetError as error:
            return f"the one there cannot be used ({error})"
        if present["fingerprint"] == wanted.fingerprint:
            return None
        if present["digest"] != wanted.manifest.digest:
            return "the data changed"
        return f"the options changed from {present.get('options')} to {wanted.options}"

    def _check_space(self, wanted: PatchExtraction) -> None:
        needed = len(wanted) * wanted.patch_bytes + SPARE_BYTES
        free = shutil.disk_usage(self._filepath.parent).free
        if free < needed:
            leftover = list(self._filepath.parent.glob(f".{self._filepath.stem}-*"))
            raise DatasetError(
                f"{self._filepath} needs {needed / GIB:.2f} GiB for {len(wanted):,} "
                f"patches; {free / GIB:.2f} GiB are free on that disk. Free some, "
                "raise patches.stride, or move the data folder"
                + (
                    f"; perhaps left by a killed run: {leftover[0]}."
                    if leftover
                    else "."
                )
            )

    def preview(self, n: int = 16) -> ImagePreview:
        """Show the centres of ``n`` patches from all over the file in kedro-viz."""
        patches = self.load()
        shown = np.linspace(0, len(patches) - 1, min(n, len(patches))).astype(int)
        columns = int(np.ceil(np.sqrt(len(shown))))
        size = min(PREVIEW_CROP, patches.shape[1])
        start = (patches.shape[1] - size) // 2
        rows = -(-len(shown) // columns)
        grid = np.zeros((rows, size, columns, size, 3), np.uint8)
        for place, index in enumerate(shown):
            crop = patches[int(index)][start : start + size, start : start + size]
            crop = crop if crop.dtype == np.uint8 else to_uint8(crop)
            grid[place // columns, :, place % columns] = crop
        patches.close()
        png = encode_png(grid.reshape(rows * size, columns * size, 3))
        return ImagePreview(base64.b64encode(png).decode())

    def _exists(self) -> bool:
        try:
            read_attributes(self._filepath)
        except DatasetError:
            return False
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _write(path: Path, extraction: PatchExtraction) -> None:
    """Write every patch, then the mark that the file is complete.

    Nothing in the file depends on time or on the order of threads: the same input and
    options give the same bytes.
    """
    import h5py

    layout = extraction.layout
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        patches = file.create_dataset(
            "patches",
            shape=extraction.shape,
            dtype=extraction.dtype,
            chunks=(1, *extraction.shape[1:]),  # training reads one patch at a time
            compression=layout.compression,
            track_times=False,
        )
        provenance = np.empty((len(extraction), 3), np.int32)
        start = 0
        with Progress("Patches", total=len(extraction), unit="patches") as bar:
            for image, origins, pixels in extraction:
                end = start + len(origins)
                patches[start:end] = pixels
                provenance[start:end, 0] = image
                provenance[start:end, 1:] = origins
                start = end
                bar.advance(len(origins))
        file.create_dataset("provenance", data=provenance, track_times=False)
        names = [image.name for image in extraction.manifest.images]
        text = h5py.string_dtype()
        file.create_dataset("image_names", data=names, dtype=text, track_times=False)
        file.attrs["format_version"] = PATCHES_VERSION
        file.attrs["fingerprint"] = extraction.fingerprint
        file.attrs["digest"] = extraction.manifest.digest
        file.attrs["kind"] = extraction.manifest.kind
        file.attrs["options"] = extraction.options
        file.flush()  # pixels are with the system before the file is called complete
        file.attrs["complete"] = True
