"""What the denoised photographs are called."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from cbsn_pipeline.formats.image_formats.raw import SUFFIXES as RAW_SUFFIXES
from cbsn_pipeline.photos.writing import SUFFIXES, Format

LONGEST_NAME = 255  # bytes


def name_outputs(
    originals: Sequence[Path], chosen: Format | None = None
) -> list[PurePosixPath]:
    """Give each denoised photograph a name that no other one has.

    A photograph keeps its name where it keeps its format. ``day/a.jpg`` becomes
    ``day/a.png`` where PNG is chosen, or where its own format is not written. Where
    that name would come twice (``a.webp`` beside ``a.bmp``), the old suffix stays in
    it: ``a.webp.png``, ``a.bmp.png``. Names that differ only in capitals count as the
    same: on some file systems they are. Names too long for the longer suffix, or for
    the number, are cut.

    Args:
        originals: Relative paths, each once.
        chosen: The format of all; None keeps that of each.

    Returns:
        Relative paths, in the same order.

    >>> [str(n) for n in name_outputs([Path("a.JPG"), Path("a.webp"), Path("b.bmp")])]
    ['a.JPG', 'a.png', 'b.png']
    >>> [str(name) for name in name_outputs([Path("a.jpg"), Path("a.tif")], "png")]
    ['a.jpg.png', 'a.tif.png']
    """
    paths = [PurePosixPath(original.as_posix()) for original in originals]
    suffixes = [suffix_of_output(path.suffix, chosen) for path in paths]
    short = [_renamed(p, p.stem, s) for p, s in zip(paths, suffixes, strict=True)]
    count = Counter(_folded(name) for name in short)
    names = [
        name if count[_folded(name)] == 1 else _longer(path, suffix)
        for path, name, suffix in zip(paths, short, suffixes, strict=True)
    ]
    return _numbered(names)


def suffix_of_output(suffix: str, chosen: Format | None = None) -> str:
    """Tell the suffix of what is made of a file with this one.

    >>> suffix_of_output(".JPG"), suffix_of_output(".nef"), suffix_of_output(".heic")
    ('.JPG', '.tif', '.png')
    """
    known = next((f for f, all_ in SUFFIXES.items() if suffix.lower() in all_), None)
    wanted = chosen or known
    if wanted is None:
        wanted = "tiff" if suffix.lower() in RAW_SUFFIXES else "png"
    return suffix if wanted == known else SUFFIXES[wanted][0]


def _longer(path: PurePosixPath, suffix: str) -> PurePosixPath:
    """Keep the old suffix in a name that gets another one."""
    return path if path.suffix == suffix else _renamed(path, path.name, suffix)


def _numbered(names: list[PurePosixPath]) -> list[PurePosixPath]:
    """Tell apart what is still the same by numbers: ``a.jpg.png``, ``a.jpg-2.png``."""
    taken: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 1
        while _folded(candidate) in taken:
            number += 1
            ending = f"-{number}{name.suffix}"
            candidate = _renamed(name, name.stem, ending)
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
