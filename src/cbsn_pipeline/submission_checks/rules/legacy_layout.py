"""SubmitSrgb.mat, the file of SIDD's older server: both layouts, without its file."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.submission import (
    ARRAY_VARIABLE,
    CELL_VARIABLE,
    OPTIONAL_FIELDS,
    OPTIONAL_VARIABLE,
    TIME_VARIABLE,
)
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.report import report

PLAUSIBLE_S = (1e-4, 1e4)  # seconds per megapixel
Axes = tuple[int, ...]


def missing_variable(name: str, found: Mapping[str, Any], file: str) -> Finding:
    """Report a variable that is not there, and what is."""
    listed = ", ".join(sorted(found)[:8]) or "no variables"
    near = [other for other in found if other.lower() == name.lower()]
    return report(
        "variable_missing/capitals" if near else "variable_missing",
        file,
        name,
        name=name,
        found=listed,
    )


def check_container(got: str, expected: str, file: str) -> list[Finding]:
    """Warn of the other container than the kit of this layout writes."""
    if got == expected:
        return []
    how = {"v5": "save(..., '-v7') or scipy.io.savemat", "v7.3": "save(..., '-v7.3')"}
    return [report("container", file, expected=expected, got=got, how=how[expected])]


def check_cell_shape(
    kind: str, shape: Axes, grid: tuple[int, int], file: str
) -> tuple[list[Finding], bool]:
    """Check the cell of blocks.

    Returns:
        What is wrong, and whether rows and columns are exchanged.
    """
    if kind != "cell":
        finding = report(
            *("not_a_cell", file, CELL_VARIABLE), expected=grid, kind=kind, got=shape
        )
        return [finding], False
    if shape == grid:
        return [], False
    transposed = shape == grid[::-1]
    code = "transposed" if transposed else "cell_shape"
    finding = report(code, file, CELL_VARIABLE, expected=grid, got=shape)
    return [finding], transposed


def check_array_shape(
    shape: Axes, expected: Axes, file: str
) -> tuple[list[Finding], Axes | None, Axes]:
    """Check the array of blocks.

    Args:
        shape: As saved, in MATLAB's order.
        expected: Images, blocks, height, width, RGB.
        file: For the findings.

    Returns:
        What is wrong; how to transpose (None if its blocks cannot be found) and the
        shape to give it then.
    """
    natural = tuple(range(len(shape)))
    if shape == expected:
        return [], natural, expected
    swapped = (expected[1], expected[0], *expected[2:])
    cases = {
        expected[::-1]: ("axes_reversed", natural[::-1]),
        swapped: ("transposed/array", (1, 0, 2, 3, 4)),
        (expected[0] * expected[1], *expected[2:]): ("array_shape", natural),
        (*expected[:2], expected[4], *expected[2:4]): (
            "channels_first/array",
            (0, 1, 3, 4, 2),
        ),
    }
    code, axes = cases.get(shape, ("array_shape", None))
    finding = report(code, file, ARRAY_VARIABLE, expected=expected, got=shape)
    return [finding], axes, expected


def check_time(value: object, file: str) -> list[Finding]:
    """Check the seconds per megapixel that were taken."""
    number: NDArray[Any] | None = value if isinstance(value, np.ndarray) else None
    if number is None or number.size != 1 or number.dtype.kind not in "iuf":
        got = "no number" if number is None else f"{number.dtype} of {number.shape}"
        return [report("time/no_number", file, TIME_VARIABLE, got=f"got {got}")]
    seconds = float(number.reshape(-1)[0])
    if not (math.isfinite(seconds) and seconds > 0):
        got = f"got {seconds:g}"
        return [report("time/not_positive", file, TIME_VARIABLE, got=got)]
    if not PLAUSIBLE_S[0] <= seconds <= PLAUSIBLE_S[1]:
        got = f"{seconds:g} is not plausible"
        return [report("time/implausible", file, TIME_VARIABLE, got=got)]
    return []


def check_optional_data(value: object, file: str) -> list[Finding]:
    """Check the description of the method."""
    fields = value if isinstance(value, dict) else {}
    missing = [name for name in OPTIONAL_FIELDS if name not in fields]
    if missing:
        return [
            report(
                *("optional_data", file, OPTIONAL_VARIABLE),
                expected=", ".join(OPTIONAL_FIELDS),
                missing=", ".join(missing),
            )
        ]
    if str(fields["MethodName"] or "").strip():
        return []
    return [report("method_name", file, f"{OPTIONAL_VARIABLE}.MethodName")]
