"""Which denoised image belongs to which clean one, by their names alone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

NAMES_LISTED = 5


@dataclass(frozen=True)
class Pairing:
    """Positions that belong together, and names that have no partner.

    Attributes:
        pairs: (denoised, clean) positions, in the order of the denoised names.
        denoised_alone: Names without a clean image.
        clean_alone: Names without a denoised image.
    """

    pairs: list[tuple[int, int]]
    denoised_alone: list[str]
    clean_alone: list[str]


def pair_names(
    denoised: Sequence[str],
    clean: Sequence[str],
    *,
    denoised_suffix: str = "",
    clean_suffix: str = "",
) -> Pairing:
    """Pair relative paths: equal ones first, then those equal but for the file type.

    Args:
        denoised: Relative paths with ``/``, each once.
        clean: The same.
        denoised_suffix: End of the stem that denoised names have and clean ones do
            not, such as ``_real``. Names without it are no denoised images: they are
            neither paired nor missed.
        clean_suffix: The same for clean names, such as ``_mean``.

    Raises:
        ValueError: No name has the suffix, or a name has several partners of other
            file types (``a.png`` and ``a.jpg`` for ``a.tif``).

    >>> pair_names(["a_real.JPG", "a_mean.JPG"], ["a_real.JPG", "a_mean.JPG"],
    ...            denoised_suffix="_real", clean_suffix="_mean").pairs
    [(0, 1)]
    """
    ours = _strip(denoised, denoised_suffix, "denoised")
    theirs = _strip(clean, clean_suffix, "clean")
    pairs = [(ours[name], theirs[name]) for name in ours if name in theirs]
    ours, theirs = _without(ours, theirs), _without(theirs, ours)
    by_stem, by_stem_clean = _group(ours), _group(theirs)
    for stem in by_stem.keys() & by_stem_clean.keys():
        found = [denoised[i] for i in by_stem[stem]]
        partners = [clean[i] for i in by_stem_clean[stem]]
        _check_unique(found, partners)
        pairs.append((by_stem[stem][0], by_stem_clean[stem][0]))
    paired = set(pairs)
    with_clean, with_denoised = {i for i, _ in paired}, {j for _, j in paired}
    return Pairing(
        pairs=sorted(pairs),
        denoised_alone=[denoised[i] for i in ours.values() if i not in with_clean],
        clean_alone=[clean[i] for i in theirs.values() if i not in with_denoised],
    )


def list_names(names: Sequence[str]) -> str:
    """Name the first few and count the rest.

    >>> list_names(["a", "b"]), list_names(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    listed = ", ".join(names[:NAMES_LISTED])
    more = len(names) - NAMES_LISTED
    return f"{listed} and {more} more" if more > 0 else listed


def _strip(names: Iterable[str], suffix: str, whose: str) -> dict[str, int]:
    """Position of each name that has the suffix, by the name without it."""
    names = list(names)
    paths = [PurePosixPath(name) for name in names]
    stripped = {
        str(path.with_name(path.stem.removesuffix(suffix) + path.suffix)): position
        for position, path in enumerate(paths)
        if path.stem.endswith(suffix) and path.stem != suffix
    }
    if not stripped:
        raise ValueError(
            f"score.{whose}_suffix={suffix!r} fits none of the {len(names)} {whose} "
            f"images; they are called {list_names(names)}. The suffix is the end of "
            "the name before its file type: '_real' for a_real.JPG."
        )
    return stripped


def _without(names: dict[str, int], others: dict[str, int]) -> dict[str, int]:
    return {name: position for name, position in names.items() if name not in others}


def _group(names: dict[str, int]) -> dict[str, list[int]]:
    """Positions by the name without its file type."""
    groups = defaultdict(list)
    for name, position in names.items():
        groups[str(PurePosixPath(name).with_suffix(""))].append(position)
    return groups


def _check_unique(denoised: list[str], clean: list[str]) -> None:
    if len(denoised) > 1 or len(clean) > 1:
        raise ValueError(
            f"Which image belongs to which cannot be told: denoised "
            f"{list_names(denoised)}; clean {list_names(clean)}. They differ only in "
            "the file type; rename them, or keep one of each."
        )
