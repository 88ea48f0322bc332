"""The IDs of Kaggle's CSV file: which are there, and in which order."""

from collections.abc import Sequence

from cbsn_pipeline.findings import Finding

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
        return [_one_based(file, total)]
    findings = []
    seen: dict[int, int] = {}
    for number, line in zip(ids, lines, strict=True):
        if number >= total:
            findings.append(_outside(number, line, file, total))
        elif number in seen:
            findings.append(_repeated(number, line, seen[number], file))
        else:
            seen[number] = line
    missing = [number for number in range(total) if number not in seen]
    findings += [_missing(number, file, grid) for number in missing]
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
        Finding(
            "error",
            "id_order",
            file,
            f"line {lines[got]}" + (f" and {len(wrong) - 1} more" if wrong[1:] else ""),
            f"Expected IDs in rising order, here {want}; got {got}.",
            _guess_order(ids, grid),
            "Sort the rows by ID as numbers, blocks together with their IDs.",
            len(wrong),
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


def _one_based(file: str, total: int) -> Finding:
    return Finding(
        "error",
        "id_one_based",
        file,
        "",
        f"Expected the IDs 0 to {total - 1}; they are 1 to {total}.",
        "IDs were counted from 1, as in MATLAB.",
        "Subtract 1 from every ID.",
        total,
    )


def _outside(number: int, line: int, file: str, total: int) -> Finding:
    return Finding(
        "error",
        "id_outside",
        file,
        f"line {line}",
        f"Expected IDs from 0 to {total - 1}; got {number}.",
        "There are blocks of another set, or IDs were not image * blocks + block.",
        "Write the benchmark's blocks only. A partial set must be declared, by "
        "check_submission.num_images and num_blocks.",
    )


def _repeated(number: int, line: int, first: int, file: str) -> Finding:
    return Finding(
        "error",
        "id_repeated",
        file,
        f"line {line}",
        f"Expected every ID once; ID {number} was on line {first} already.",
        "Parts were put together twice, or the index does not advance.",
        "Write every block once.",
    )


def _missing(number: int, file: str, grid: tuple[int, int]) -> Finding:
    return Finding(
        "error",
        "id_missing",
        file,
        name_block(number, grid[1]),
        f"Expected {grid[0] * grid[1]} blocks, one line each; this ID is not there.",
        "The file was cut off, or a block was skipped.",
        "Write every block. A partial set must be declared, by "
        "check_submission.num_images and num_blocks.",
    )
