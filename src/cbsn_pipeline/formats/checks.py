"""Checks that every reader makes before it opens a file.

A file that is missing, empty, still zipped or a stand-in for the real one gives the
same message whichever reader meets it.
"""

import hashlib
from pathlib import Path

from kedro.io import DatasetError

_STAND_INS = {  # first bytes: what it is, what to do
    b"version https://git-lfs": (
        "is a Git LFS pointer (a few lines of text), not the data",
        "Run `git lfs pull` in the repository it came from",
    ),
    b"PK\x03\x04": ("is a zip archive", "Unzip it and name what was inside"),
    b"<!DOCTYPE": (
        "is a web page, not the data",
        "The download was answered by a log-in or error page: download it again",
    ),
}


def check_file(path: Path, *, expected: str) -> None:
    """Raise unless ``path`` is a file with something in it that may be the data.

    Args:
        path: What was asked for.
        expected: What should be there, for the message.

    Raises:
        DatasetError: If it is missing, a folder, empty, zipped, a Git LFS pointer or a
            web page.
    """
    if path.is_dir():
        inside = ", ".join(sorted(p.name for p in path.iterdir())[:5]) or "nothing"
        raise DatasetError(
            f"{path} is a folder; expected a file, {expected}. It holds {inside}: name "
            "the file itself."
        )
    _check_exists(path, expected)
    if path.stat().st_size == 0:
        raise DatasetError(
            f"{path} is empty (0 bytes); expected {expected}. Was the download or copy "
            "interrupted? Fetch it again."
        )
    with path.open("rb") as file:
        start = file.read(32)
    for signature, (what, remedy) in _STAND_INS.items():
        if start.startswith(signature):
            raise DatasetError(f"{path} {what}; expected {expected}. {remedy}.")


def check_folder(path: Path, *, expected: str) -> None:
    """Raise unless ``path`` is a folder.

    Raises:
        DatasetError: If it is missing or a file.
    """
    if path.is_file():
        zipped = path.suffix.lower() == ".zip"
        raise DatasetError(
            f"{path} is a {'zip archive' if zipped else 'file'}; expected a folder, "
            f"{expected}. "
            + (
                "Unzip it and name the folder it makes."
                if zipped
                else f"Name the folder, for example {path.parent}."
            )
        )
    _check_exists(path, expected)


def _check_exists(path: Path, expected: str) -> None:
    if path.exists():
        return
    known = next((parent for parent in path.parents if parent.is_dir()), Path("/"))
    raise DatasetError(
        f"{path} does not exist; expected {expected}. The path exists as far as "
        f"{known}: correct it in conf (globals.yml or the catalog) or on the command "
        "line; docs/data.md says where each data set comes from."
    )


def file_sha256(path: Path) -> str:
    """Hash the bytes of a file without holding them in memory; hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
