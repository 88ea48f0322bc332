"""Files that are whole or not there, after a power failure too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def publish(path: Path) -> Iterator[BinaryIO]:
    """Write a file that has its name only once every byte of it is on the disk.

    Args:
        path: In a folder that exists. The file is written beside, as ``*.partial``;
            a failed write leaves neither.

    Yields:
        The file to write to.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where the file system can be told to."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
