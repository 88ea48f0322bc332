"""Finds photographs: a folder, a file or a glob of PNG, JPEG and TIFF files."""

import glob
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.formats.checks import check_file, check_folder
from cbsn_pipeline.formats.images import SUFFIXES

EXPECTED = f"photographs ({', '.join(SUFFIXES)}; capitals or not)"


def find_photo_files(path: Path) -> tuple[list[Path], Path]:
    """Return the photographs at a path, sorted, and the folder they are below.

    Args:
        path: A folder, a file or a glob. A path that exists is never taken as a glob.

    Raises:
        DatasetError: If there is none.
    """
    if not path.exists() and glob.has_magic(str(path)):
        root = _fixed_part(path)
        pattern = str(path.relative_to(root))
        check_folder(root, expected=f"{EXPECTED} that match {pattern}")
        files = list(root.glob(pattern))
    elif path.is_file():
        check_file(path, expected=EXPECTED)
        root, files = path.parent, [path]
    else:
        check_folder(path, expected=EXPECTED)
        root, files = path, list(path.rglob("*"))
    photos = sorted(file for file in files if _is_photo(file))
    if not photos:
        others = sorted({f.suffix or f.name for f in files if f.is_file()})
        raise DatasetError(
            f"{path} matches no photograph; expected {EXPECTED}. It has "
            f"{', '.join(others[:10]) or 'no file at all'}. Export camera raw "
            "formats and HEIC to PNG or TIFF first."
        )
    return photos, root


def _fixed_part(pattern: Path) -> Path:
    """Return the part of a glob before its first wildcard."""
    fixed = pattern
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return fixed


def _is_photo(file: Path) -> bool:
    hidden = file.name.startswith(".")  # "._x.jpg" are notes that macOS leaves behind
    return file.suffix.lower() in SUFFIXES and not hidden and file.is_file()
