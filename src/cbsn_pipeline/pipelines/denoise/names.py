"""What the denoised photographs are called."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath


def name_outputs(originals: Sequence[Path]) -> list[PurePosixPath]:
    """Give each photograph a PNG name that no other one has.

    ``day/a.jpg`` becomes ``day/a.png``. Where that name would come twice (``a.jpg``
    beside ``a.tif``), the old suffix stays in it: ``a.jpg.png``, ``a.tif.png``. Names
    that differ only in capitals count as the same: on some file systems they are.

    Args:
        originals: Relative paths, each once.

    Returns:
        Relative paths, in the same order.

    >>> [str(name) for name in name_outputs([Path("a.jpg"), Path("a.tif"), Path("b")])]
    ['a.jpg.png', 'a.tif.png', 'b.png']
    """
    paths = [PurePosixPath(original.as_posix()) for original in originals]
    short = [path.with_suffix(".png") for path in paths]
    count = Counter(_folded(name) for name in short)
    names = [
        name if count[_folded(name)] == 1 else path.with_name(f"{path.name}.png")
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
            candidate = name.with_name(f"{name.stem}-{number}.png")
        taken.add(_folded(candidate))
        unique.append(candidate)
    return unique


def _folded(name: PurePosixPath) -> str:
    return str(name).casefold()
