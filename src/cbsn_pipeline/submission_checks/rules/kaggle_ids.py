"""The IDs of Kaggle's CSV file: which are there, and in which order."""

from collections.abc import Sequence

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.report import report

MAJORITY = 0.5


def name_block(number: int, num_blocks: int) -> str:
    """Name a block by its ID and by what it stands for.

    >>> name_block(37, 32)
    'ID 37 (image 1, block 5)'
    """
    return f"ID {number} (image {number // num_blocks}, block {number % num_blocks})"


def check_ids(
    ids: Sequence[int], lines: Sequence[int], *, file: str, grid: tuple[int, int]
) -> list[Finding]:
    """Check that every ID is there once and in order.

    Args:
        ids: As they follow each other.
        lines: The line of each.
        file: For the findings.
        grid: Number of images, and of blocks per image.
    """
    total = grid[0] * grid[1]
    if len(ids) > MAJORITY * total and sorted(ids) == list(range(1, len(ids) + 1)):
        return [report("id_one_based", file, count=total, last=total - 1, total=total)]
    findings = []
    seen: dict[int, int] = {}
    for number, line in zip(ids, lines, strict=True):
        if number >= total:
            findings.append(
                report("id_outside", file, f"line {line}", last=total - 1, got=number)
            )
        elif number in seen:
            first = seen[number]
            findings.append(
                report("id_repeated", file, f"line {line}", got=number, first=first)
            )
        else:
            seen[number] = line
    missing = [number for number in range(total) if number not in seen]
    findings += [
        report("id_missing", file, name_block(number, grid[1]), total=total)
        for number in missing
    ]
    return findings + _check_order(list(seen), seen, file, grid)


def _check_order(
    ids: Sequence[int], lines: dict[int, int], file: str, grid: tuple[int, int]
) -> list[Finding]:
    expected = sorted(ids)
    if list(ids) == expected:
        return []
    wrong = [
        (got, want) for got, want in zip(ids, expected, strict=True) if got != want
    ]
    got, want = wrong[0]
    return [
        report(
            "id_order",
            file,
            f"line {lines[got]}" + (f" and {len(wrong) - 1} more" if wrong[1:] else ""),
            count=len(wrong),
            expected=want,
            got=got,
            cause=_guess_order(ids, grid),
        )
    ]


def _guess_order(ids: Sequence[int], grid: tuple[int, int]) -> str:
    images, blocks = grid
    if list(ids) == sorted(ids, key=str):
        return "They were sorted as text: 0, 1, 10, 100, ..."
    if list(ids) == sorted(ids, key=lambda i: (i % blocks, i // blocks)):
        return f"They run over the {images} images first: block by block."
    if list(ids) == sorted(ids, reverse=True):
        return "They are reversed."
    return "Rows were written as workers finished, or put together from parts."
