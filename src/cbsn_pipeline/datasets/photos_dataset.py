"""Photographs to denoise: files, a folder or a glob, read one by one."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, overload

from kedro.io import AbstractDataset, DatasetError

from cbsn_pipeline.formats.images import describe
from cbsn_pipeline.photos.files import find_photo_files
from cbsn_pipeline.photos.photo import Photo, read_photo


class Photos(Sequence[Path]):
    """Where photographs are; not their pixels.

    Args:
        files: The files, each once.
        root: A folder that all of them are below.
    """

    def __init__(self, files: Sequence[Path], root: Path) -> None:
        self._files = tuple(files)
        self.root = root

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, index: int | slice) -> Path | tuple[Path, ...]:
        return self._files[index]

    @property
    def relative(self) -> tuple[Path, ...]:
        """The files as seen from the root."""
        return tuple(file.relative_to(self.root) for file in self._files)

    def read(self, index: int) -> Photo:
        """Read one.

        Raises:
            DatasetError: The file is missing, truncated or no photograph.
        """
        return read_photo(self._files[index])

    def megapixels(self, index: int) -> float:
        """Size of one by its header; 0 where that cannot be read."""
        try:
            header = describe(self._files[index])
        except (DatasetError, OSError, ValueError):
            return 0.0  # whoever reads the pixels says what is wrong
        return header.height * header.width / 1e6


class PhotosDataset(AbstractDataset[None, Photos]):
    """Finds photographs; refuses to save: originals are never written.

    Args:
        filepath: A file, a folder (searched to any depth), a glob such as
            ``photos/**/*.jpg``, or a list of those.
        metadata: For other programs, such as kedro-viz.

    Example for catalog.yml::

        photos_to_denoise:
          type: cbsn_pipeline.datasets.PhotosDataset
          filepath: ${runtime_params:photos, ${globals:photos_path}}
    """

    def __init__(
        self, *, filepath: str | list[str], metadata: dict[str, Any] | None = None
    ) -> None:
        paths = [filepath] if isinstance(filepath, str) else filepath
        self._paths = [Path(path) for path in paths]
        self.metadata = metadata

    def load(self) -> Photos:
        if not self._paths:
            raise DatasetError(
                "No photographs are named: expected a file, a folder, a glob or a list "
                "of those. Say, for example, --params photos=/my/folder."
            )
        found = [find_photo_files(_plain(path)) for path in self._paths]
        files = dict.fromkeys(file for files, _ in found for file in files)
        root = Path(os.path.commonpath([root for _, root in found]))
        return Photos(tuple(files), root)

    def save(self, data: None) -> NoReturn:
        raise DatasetError("Photographs to denoise are raw data: never written.")

    def _exists(self) -> bool:
        try:
            return bool(self.load())
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": [str(path) for path in self._paths]}


def _plain(path: Path) -> Path:
    """Make a path absolute, and free of ``..``: it names the results, too."""
    return path.resolve() if ".." in path.parts else path.absolute()
