"""What the denoised photographs are called."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

LONGEST_NAME = 255  # bytes


def name_outputs(originals: Sequence[Path]) -> list[PurePosixPath]:
    """Give each photograph a PNG name that no other one has.

    ``day/a.jpg`` becomes ``day/a.png``. Where that name would come twice (``a.jpg``
    beside ``a.tif``), the old suffix stays in it: ``a.jpg.png``, ``a.tif.png``. Names
    that differ only in capitals count as the same: on some file systems they are. Names
    too long for the longer suffix, or for the number, are cut.

    Args:
        originals: Relative paths, each once.

    Returns:
        Relative paths, in the same order.

    >>> [str(name) for name in name_outputs([Path("a.jpg"), Path("a.tif"), Path("b")])]
    ['a.jpg.png', 'a.tif.png', 'b.png']
    """
    paths = [PurePosixPath(original.as_posix()) for original in originals]
    short = [_renamed(path, path.stem, ".png") for path in paths]
    count = Counter(_folded(name) for name in short)
    names = [
        name if count[_folded(name)] == 1 else _renamed(path, path.name, ".png")
        for path, name in zip(paths, short, strict=True)
    ]
    return _numbered(names)


def _numbered(names: list[PurePosixPath]) -> list[PurePosixPath]:
    """Tell apart what is still the same by numbers: ``a.jpg.png``, ``a.jpg-2.png``."""
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 1
        while _folded(candidate) in taken:
            number += 1
            candidate = _renamed(name, name.stem, f"-{number}.png")
        taken.add(_folded(candidate))
        unique.append(candidate)
    return unique


def _renamed(path: PurePosixPath, stem: str, ending: str) -> PurePosixPath:
    """Give another name with this ending, no longer than file systems take."""
    room = LONGEST_NAME - len(ending)
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return path.with_name(stem + ending)


def _folded(name: PurePosixPath) -> str:
    return str(name).casefold()
