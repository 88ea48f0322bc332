"""Writes a folder beside its name and swaps it in when it is complete."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_folder_beside(path: Path) -> Iterator[Path]:
    """Give an empty folder next to ``path``; it takes that name when all went well.

    A failed or interrupted write leaves what ``path`` held before. Only a kill between
    the two renames at the end leaves nothing under the name, and the old folder beside
    it, as ``.<name>-*/old``.

    Args:
        path: The final name; a folder there is replaced.

    Yields:
        The folder to write to.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    workspace = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    partial, old = workspace / "new", workspace / "old"
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            path.rename(old)
        try:
            partial.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
