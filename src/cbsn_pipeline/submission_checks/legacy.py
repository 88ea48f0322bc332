"""Checks SubmitSrgb.mat, in the layout of the MATLAB kit or of the Python kit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.submission import (
    ARRAY_VARIABLE,
    BLOCK_SHAPE,
    CELL_VARIABLE,
    OPTIONAL_VARIABLE,
    TIME_VARIABLE,
)
from cbsn_pipeline.submission_checks.mat_contents import MatCell, MatContents
from cbsn_pipeline.submission_checks.noisy_input import NoisyBlocks
from cbsn_pipeline.submission_checks.outcome import Outcome
from cbsn_pipeline.submission_checks.rules import legacy_layout as layout
from cbsn_pipeline.submission_checks.rules.arrays import (
    check_block,
    not_finite,
    to_levels,
    wrong_class,
)

CHECKED_CELL = (
    "container",
    "cell of blocks (shape, class and shape of each)",
    TIME_VARIABLE,
    OPTIONAL_VARIABLE,
)
NOT_NUMBERS = ("cell", "struct", "char", "object", "function", "opaque")
CHECKED_ARRAY = ("container", "array of blocks (shape, class)")


def check_cell(
    contents: MatContents, outcome: Outcome, noisy: NoisyBlocks | None
) -> None:
    """Check the layout of the MATLAB kit.

    Args:
        contents: The file.
        outcome: Takes findings and blocks.
        noisy: The noisy blocks, if they are at hand.

    Raises:
        DatasetError: It is damaged.
    """
    outcome.checked += CHECKED_CELL
    found, file = contents.variables, outcome.file
    outcome.findings += layout.check_container(contents.container, "v7.3", file)
    for name in (CELL_VARIABLE, TIME_VARIABLE, OPTIONAL_VARIABLE):
        if name not in found:
            outcome.findings.append(layout.missing_variable(name, found, file))
    if TIME_VARIABLE in found:
        outcome.findings += layout.check_time(contents.read(TIME_VARIABLE), file)
    if OPTIONAL_VARIABLE in found:
        value = contents.read(OPTIONAL_VARIABLE)
        outcome.findings += layout.check_optional_data(value, file)
    if CELL_VARIABLE in found:
        _check_cell_blocks(contents, outcome, noisy)


def _check_cell_blocks(
    contents: MatContents, outcome: Outcome, noisy: NoisyBlocks | None
) -> None:
    variable = contents.variables[CELL_VARIABLE]
    findings, transposed = layout.check_cell_shape(
        variable.kind, variable.shape, outcome.grid, outcome.file
    )
    outcome.findings += findings
    if variable.kind != "cell" or len(variable.shape) != 2:  # noqa: PLR2004
        return
    cell: MatCell = contents.read(CELL_VARIABLE)
    rows, columns = cell.shape[::-1] if transposed else cell.shape
    for image in range(min(rows, outcome.grid[0])):
        for block in range(min(columns, outcome.grid[1])):
            place = image * outcome.grid[1] + block
            item = cell.read((block, image) if transposed else (image, block))
            name = f"{{{image + 1},{block + 1}}}"
            problems, levels = check_block(
                item, BLOCK_SHAPE, file=outcome.file, index=name
            )
            outcome.findings += problems
            if levels is not None:
                other = noisy.block(place) if noisy else None
                outcome.add(levels, other, place=place, name=name)


def check_array(
    contents: MatContents, outcome: Outcome, noisy: NoisyBlocks | None
) -> None:
    """Check the layout of the Python kit: arguments as :func:`check_cell`."""
    outcome.checked += CHECKED_ARRAY
    found, file = contents.variables, outcome.file
    outcome.findings += layout.check_container(contents.container, "v5", file)
    if ARRAY_VARIABLE not in found:
        outcome.findings.append(layout.missing_variable(ARRAY_VARIABLE, found, file))
        return
    findings, axes, shape = layout.check_array_shape(
        found[ARRAY_VARIABLE].shape, (*outcome.grid, *BLOCK_SHAPE), file
    )
    outcome.findings += findings
    if axes is None or found[ARRAY_VARIABLE].kind in NOT_NUMBERS:
        return
    array = contents.read(ARRAY_VARIABLE)
    if array.dtype != np.uint8:
        total = outcome.grid[0] * outcome.grid[1]
        outcome.findings.append(
            wrong_class(array, file=file, index=ARRAY_VARIABLE, count=total)
        )
    _add_blocks(array.transpose(axes).reshape(shape), outcome, noisy)


def _add_blocks(
    blocks: NDArray[Any], outcome: Outcome, noisy: NoisyBlocks | None
) -> None:
    finite = blocks if blocks.dtype == np.uint8 else blocks[np.isfinite(blocks)]
    highest = float(finite.max(initial=0))
    for place, index in enumerate(np.ndindex(blocks.shape[:2])):
        name = f"image {index[0]}, block {index[1]}"
        block = blocks[index]
        if not np.isfinite(block).all():
            outcome.findings.append(not_finite(block, file=outcome.file, index=name))
            continue
        outcome.add(
            np.ascontiguousarray(to_levels(block, highest)),
            noisy.block(place) if noisy else None,
            place=place,
            name=name,
        )
