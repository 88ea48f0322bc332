"""Finds photographs: a folder, a file or a glob."""

import glob
import logging
from collections import Counter
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.formats.checks import check_file, check_folder
from cbsn_pipeline.formats.image_formats.raw import SUFFIXES as RAW_SUFFIXES

logger = logging.getLogger(__name__)

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff"),
    *(".webp", ".avif", ".bmp"),
    *(".heic", ".heif", ".hif"),
    *RAW_SUFFIXES,
}
EXPECTED = (
    "photographs (PNG, JPEG, TIFF, WebP, AVIF, BMP, HEIC, camera raw; by their suffix, "
    "capitals or not)"
)
CACHES = {  # of network disks, systems and programs: copies of photographs, or rubbish
    *("@eadir", "__macosx", "#recycle", "$recycle.bin", "thumbs", "lost+found"),
}


def find_photo_files(path: Path) -> tuple[list[Path], Path]:
    """Return the photographs at a path, sorted, and the folder they are below.

    Hidden files and folders, and the caches that disks and programs keep of
    thumbnails, are passed over.

    Args:
        path: A folder, a file or a glob. A path that exists is never taken as a glob.

    Raises:
        DatasetError: If there is none.
    """
    if not path.exists() and glob.has_magic(str(path)):
        root = _fixed_part(path)
        pattern = str(path.relative_to(root))
        check_folder(root, expected=f"{EXPECTED} that match {pattern}")
        files = [file for file in root.glob(pattern) if file.is_file()]
    elif path.is_file():
        check_file(path, expected=EXPECTED)
        root, files = path.parent, [path]
    else:
        check_folder(path, expected=EXPECTED)
        root, files = path, [file for file in path.rglob("*") if file.is_file()]
    shown = [file for file in files if not _is_passed_over(file.relative_to(root))]
    photos = sorted(file for file in shown if file.suffix.lower() in SUFFIXES)
    others = Counter(f.suffix.lower() or f.name for f in set(shown).difference(photos))
    listed = ", ".join(f"{count} {suffix}" for suffix, count in others.most_common(10))
    if not photos:
        raise DatasetError(
            f"{path} matches no photograph; expected {EXPECTED}. It has "
            f"{listed or 'no file at all'}. Export other formats to PNG or TIFF first."
        )
    if others:
        logger.info(
            "%s: passed over, not photographs by their suffix: %s", path, listed
        )
    return photos, root


def _fixed_part(pattern: Path) -> Path:
    """Return the part of a glob before its first wildcard."""
    fixed = pattern
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return fixed


def _is_passed_over(relative: Path) -> bool:
    """Whether it is hidden (``._x.jpg`` is a note of macOS), or in a cache."""
    parts = (part.lower() for part in relative.parts)
    return any(part.startswith(".") or part in CACHES for part in parts)
