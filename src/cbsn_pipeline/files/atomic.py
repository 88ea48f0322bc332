"""Files and folders that are whole or not there, after a kill or a power failure too.

What is written has a temporary name beside the final one until every byte of it is on
the disk. A kill leaves the temporary one behind; the next write of that name removes
it.
"""

import glob
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from cbsn_pipeline.processes import is_alive

LONGEST = 100  # bytes of a name that its temporary one repeats; 255 is a name's limit
OLD, NEW = "old", "new"


@contextmanager
def write_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; rename it when all went well.

    A failed or interrupted write leaves what ``path`` held before, and nothing else.

    Args:
        path: The final name; its folder is made if missing.

    Yields:
        The name to write to. Same suffix, so that writers which go by it work.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path.parent, path.stem)
    handle, name = tempfile.mkstemp(
        prefix=_temporary(path.stem), suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())  # mkstemp makes files private
        _sync(partial)
        partial.replace(path)
        _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def write_folder(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Give an empty folder beside ``path``; it takes that name when all went well.

    A failed or interrupted write leaves what ``path`` held before. A kill between the
    two renames at the end leaves nothing under the name; the next write brings the old
    folder back before it begins.

    Args:
        path: The final name.
        replace: A folder of that name is replaced; else it is an error.

    Yields:
        The folder to write to.

    Raises:
        FileExistsError: Another folder took the name meanwhile, and ``replace`` is
            false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path.parent, path.name)
    workspace = Path(
        tempfile.mkdtemp(prefix=_temporary(path.name), dir=path.parent),
    )
    new, old = workspace / NEW, workspace / OLD
    new.mkdir()
    try:
        yield new
        for written in (*new.rglob("*"), new):
            _sync(written)
        if path.exists():
            if not replace:
                raise FileExistsError(f"{path} appeared while it was being written.")
            path.rename(old)
        try:
            new.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
        _sync(path.parent)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _remove_leftovers(folder: Path, name: str) -> None:
    """Remove what dead processes of this host left: patches of SIDD take 18 GiB.

    A folder that such a process had moved out of the way comes back first.
    """
    start = f".{_short(name)}-{socket.gethostname()}-"
    ours = re.compile(re.escape(start) + r"(\d+)-")
    for leftover in folder.glob(f"{glob.escape(start)}*"):
        match = ours.match(leftover.name)
        if match is None or is_alive(int(match[1])):
            continue
        if leftover.is_dir():
            if (leftover / OLD).exists() and not (folder / name).exists():
                (leftover / OLD).rename(folder / name)
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _temporary(name: str) -> str:
    """Start of a temporary name, which tells whose it is."""
    return f".{_short(name)}-{socket.gethostname()}-{os.getpid()}-"


def _short(name: str) -> str:
    return os.fsencode(name)[:LONGEST].decode(errors="ignore")


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk.

    Not every file system can be told to do so with a folder.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError) if path.is_dir() else nullcontext():
            os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
