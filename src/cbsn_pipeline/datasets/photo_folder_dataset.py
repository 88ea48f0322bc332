"""A folder of denoised photographs."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from kedro.io import AbstractVersionedDataset, DatasetError, Version

from cbsn_pipeline.photos.photo import FAILURES, Photo, why
from cbsn_pipeline.photos.writing import JPEG_QUALITY, SUFFIXES, write_photo

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PendingPhoto:
    """One photograph that is yet to be made.

    Attributes:
        source: The original.
        name: Where to, below the folder; the suffix says the format.
        make: Returns the photograph.
        quality: Of a JPEG.
    """

    source: Path
    name: PurePosixPath
    make: Callable[[], Photo]
    quality: int = JPEG_QUALITY


class PendingPhotos(Protocol):
    """Photographs to be made one after the other; may be iterated more than once."""

    def __iter__(self) -> Iterator[PendingPhoto]: ...


class PhotoFolderDataset(AbstractVersionedDataset[PendingPhotos, tuple[Path, ...]]):
    """Saves photographs one by one; loads the paths of those there.

    No file is ever overwritten, original or not: versioned, every run has a folder of
    its own; unversioned, a name that exists is an error before anything is made. Each
    file has its name only when it is complete. A photograph that fails is reported and
    the others go on; the save then ends in one error that lists what failed.

    Example for catalog.yml::

        denoised_photos:
          type: cbsn_pipeline.datasets.PhotoFolderDataset
          filepath: data/07_model_output/sidd/photos
          versioned: true
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def load(self) -> tuple[Path, ...]:
        folder = Path(self._get_load_path())
        if not folder.is_dir():
            raise DatasetError(
                f"{folder} does not exist; expected a folder of denoised photographs. "
                "Make it with kedro run --pipelines=denoise."
            )
        suffixes = {suffix for known in SUFFIXES.values() for suffix in known}
        files = folder.rglob("*")
        return tuple(sorted(f for f in files if f.suffix.lower() in suffixes))

    def save(self, data: PendingPhotos) -> None:
        folder = Path(self._get_save_path())
        _check_free(folder, data)
        folder.mkdir(parents=True, exist_ok=True)
        num_photos, failures = 0, []
        for photo in data:
            num_photos += 1
            try:
                path = folder / photo.name
                write_photo(path, photo.make(), quality=photo.quality)
            except FAILURES as error:
                problem = why(photo.source, error)
                logger.error("Not denoised: %s", problem)
                failures.append(problem)
        _report(folder, num_photos, failures)

    def _exists(self) -> bool:
        return Path(self._get_load_path()).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def _check_free(folder: Path, photos: PendingPhotos) -> None:
    """Raise if a file would be overwritten or leave the folder, or two share a name."""
    sources = {photo.source.resolve() for photo in photos}
    targets = [folder / photo.name for photo in photos]
    inside = folder.resolve()
    for target in targets:
        if not target.resolve().is_relative_to(inside):
            raise DatasetError(
                f"{target} would be written to {target.resolve()}, outside the folder "
                f"of the results, {folder}. Is a folder in it a link, or does a name "
                "hold '..'? Let denoised_photos in the catalog name an empty folder."
            )
        if target.resolve() in sources:
            raise DatasetError(
                f"{target} is one of the originals: denoising would overwrite it. Let "
                "denoised_photos in the catalog name another folder."
            )
        if target.exists():
            raise DatasetError(
                f"{target} exists and is not overwritten. Set versioned: true for "
                "denoised_photos in the catalog, or name an empty folder there."
            )
    if len(set(targets)) != len(targets):
        raise DatasetError(
            f"{len(targets)} photographs would be written to {len(set(targets))} names "
            f"in {folder}; expected a name of its own for each."
        )


def _report(folder: Path, num_photos: int, failures: list[str]) -> None:
    num_good = num_photos - len(failures)
    logger.info("%d of %d photographs written to %s", num_good, num_photos, folder)
    if failures:
        listed = "\n".join(f"  {problem}" for problem in failures)
        raise DatasetError(
            f"{len(failures)} of {num_photos} photographs were not denoised; the other "
            f"{num_good} are in {folder}. Not denoised:\n{listed}"
        )
