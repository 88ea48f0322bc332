"""A folder that is written once: complete under its name, or not there at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.files.atomic import write_folder


@contextmanager
def write_new_folder(path: Path, *, what: str) -> Iterator[Path]:
    """Give an empty folder beside ``path``; it takes that name when all went well.

    A failed or interrupted write leaves nothing, no empty folder of a version either.

    Args:
        path: The final name.
        what: What is written, for the messages.

    Yields:
        The folder to write to.

    Raises:
        DatasetError: ``path`` exists, or a ValueError came up while writing.
    """
    if path.exists():
        raise DatasetError(
            f"{path} exists: a {what} is never overwritten. Set versioned: true in the "
            "catalog, or move the old one away."
        )
    try:
        with write_folder(path, replace=False) as partial:
            yield partial
    except ValueError as error:
        raise DatasetError(f"The {what} was not written: {error}") from error
    finally:
        _remove_if_empty(path.parent)


def _remove_if_empty(folder: Path) -> None:
    """Leave no empty version behind a write that failed."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
