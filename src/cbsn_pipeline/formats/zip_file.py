"""Zip archives of what is uploaded: written in pieces, and read back."""

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from cbsn_pipeline.formats.checks import file_sha256

PIECE_BYTES = 1 << 20
LARGE_BYTES = 1 << 30  # from 2 GiB on, packed or not, a file needs another header
FAST = 1  # level of compression; pixels hardly shrink further at higher ones


def write_zip_checked(path: Path, files: Sequence[Path]) -> None:
    """Put files side by side into an archive and read every one back.

    The same files give the same bytes: times and permissions are not stored.

    Args:
        path: The archive, not yet there.
        files: What to put in, by its name without folders.

    Raises:
        ValueError: What comes out is not what went in.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as target:
        for file in files:
            large = file.stat().st_size > LARGE_BYTES
            # by name: a ZipInfo would bring a level of its own, five times slower
            with (
                file.open("rb") as source,
                target.open(file.name, "w", force_zip64=large) as copy,
            ):
                shutil.copyfileobj(source, copy, PIECE_BYTES)
    check_zip(path, files)


def check_zip(path: Path, files: Sequence[Path]) -> None:
    """Raise unless an archive holds exactly these files, byte for byte.

    Raises:
        ValueError: A file is missing, superfluous or different.
    """
    with zipfile.ZipFile(path) as archive:
        names = [file.name for file in files]
        if archive.namelist() != names:
            raise ValueError(
                f"{path} holds {len(archive.namelist())} files; expected {len(names)}, "
                f"{names[0]} to {names[-1]}. Make the submission again."
            )
        for file in files:
            with archive.open(file.name) as member:
                packed = hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]
            if packed != file_sha256(file):
                raise ValueError(
                    f"{path}: {file.name} comes out different from what was put in. Is "
                    "the disk full or failing? Make the submission again."
                )
