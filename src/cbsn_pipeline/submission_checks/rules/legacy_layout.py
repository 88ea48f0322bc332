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

PLAUSIBLE_S = (1e-4, 1e4)  # seconds per megapixel
Axes = tuple[int, ...]


def missing_variable(name: str, found: Mapping[str, Any], file: str) -> Finding:
    """Report a variable that is not there, and what is."""
    listed = ", ".join(sorted(found)[:8]) or "no variables"
    near = [other for other in found if other.lower() == name.lower()]
    return Finding(
        "error",
        "variable_missing",
        file,
        name,
        f"Expected a variable {name}; the file has {listed}.",
        "Capitals count." if near else "It was given another name, or not saved.",
        f"Save it as {name}.",
    )


def check_container(got: str, expected: str, file: str) -> list[Finding]:
    """Warn of the other container than the kit of this layout writes."""
    if got == expected:
        return []
    how = {"v5": "save(..., '-v7') or scipy.io.savemat", "v7.3": "save(..., '-v7.3')"}
    return [
        Finding(
            "warning",
            "container",
            file,
            "",
            f"Expected a MATLAB {expected} file, as the kit of this layout writes; it "
            f"is {got}.",
            "It was saved by another program or with another option.",
            f"MATLAB reads both; to be safe, write it with {how[expected]}.",
        )
    ]


def check_cell_shape(
    kind: str, shape: Axes, grid: tuple[int, int], file: str
) -> tuple[list[Finding], bool]:
    """Check the cell of blocks.

    Returns:
        What is wrong, and whether rows and columns are exchanged.
    """
    if kind != "cell":
        return [
            Finding(
                "error",
                "not_a_cell",
                file,
                CELL_VARIABLE,
                f"Expected a cell of {grid}; got {kind} of {shape}.",
                "Blocks were stacked into one array: numpy does so with a list of "
                "equal shapes.",
                "Fill an object array of that shape block by block.",
            )
        ], False
    if shape == grid:
        return [], False
    transposed = shape == grid[::-1]
    return [
        Finding(
            "error",
            "transposed" if transposed else "cell_shape",
            file,
            CELL_VARIABLE,
            f"Expected a cell of {grid}, images x blocks; got {shape}.",
            "Images and blocks are exchanged."
            if transposed
            else "Another number of blocks was saved.",
            "Save images as rows, blocks as columns. A partial set must be declared, "
            "by check_submission.num_images and num_blocks.",
        )
    ], transposed


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
        swapped: ("transposed", (1, 0, 2, 3, 4)),
        (expected[0] * expected[1], *expected[2:]): ("array_shape", natural),
        (*expected[:2], expected[4], *expected[2:4]): (
            "channels_first",
            (0, 1, 3, 4, 2),
        ),
    }
    code, axes = cases.get(shape, ("array_shape", None))
    cause, remedy = _ARRAY_TEXTS[code]
    return (
        [
            Finding(
                "error",
                code,
                file,
                ARRAY_VARIABLE,
                f"Expected {expected}, images x blocks x height x width x RGB; got "
                f"{shape}.",
                cause,
                remedy,
            )
        ],
        axes,
        expected,
    )


_ARRAY_TEXTS = {
    "axes_reversed": (
        "It was written with h5py: HDF5 files of MATLAB have their axes reversed.",
        "Write with scipy.io.savemat, or transpose before writing with h5py.",
    ),
    "transposed": (
        "Images and blocks are exchanged.",
        "Save images on the first axis, blocks on the second.",
    ),
    "channels_first": (
        "Channels are first, as PyTorch has them.",
        "Use transpose(0, 1, 3, 4, 2) before saving.",
    ),
    "array_shape": (
        "Blocks were saved as one list, or another number of them.",
        "Reshape to images, blocks, height, width, RGB. A partial set must be "
        "declared, by check_submission.num_images and num_blocks.",
    ),
}


def check_time(value: object, file: str) -> list[Finding]:
    """Check the seconds per megapixel that were taken."""
    number: NDArray[Any] | None = value if isinstance(value, np.ndarray) else None
    if number is None or number.size != 1 or number.dtype.kind not in "iuf":
        got = "no number" if number is None else f"{number.dtype} of {number.shape}"
        return [
            _time("error", f"got {got}", "Several times, or text, were saved.", file)
        ]
    seconds = float(number.reshape(-1)[0])
    if not (math.isfinite(seconds) and seconds > 0):
        cause = "It was not measured."
        return [_time("error", f"got {seconds:g}", cause, file)]
    if not PLAUSIBLE_S[0] <= seconds <= PLAUSIBLE_S[1]:
        cause = "Another unit: per block, per image, or milliseconds."
        return [_time("warning", f"{seconds:g} is not plausible", cause, file)]
    return []


def _time(severity: Any, got: str, cause: str, file: str) -> Finding:  # noqa: ANN401
    return Finding(
        severity,
        "time",
        file,
        TIME_VARIABLE,
        f"Expected one number above 0, seconds per megapixel; {got}.",
        cause,
        "Measure the time of all blocks, divided by their megapixels (83.9 in the "
        "whole benchmark).",
    )


def check_optional_data(value: object, file: str) -> list[Finding]:
    """Check the description of the method."""
    fields = value if isinstance(value, dict) else {}
    missing = [name for name in OPTIONAL_FIELDS if name not in fields]
    if missing:
        return [
            Finding(
                "error",
                "optional_data",
                file,
                OPTIONAL_VARIABLE,
                f"Expected a struct with {', '.join(OPTIONAL_FIELDS)}; it lacks "
                f"{', '.join(missing)}.",
                "It is no struct, or some fields were left out.",
                "Save all five fields; a field may be an empty text.",
            )
        ]
    if str(fields["MethodName"] or "").strip():
        return []
    return [
        Finding(
            "warning",
            "method_name",
            file,
            f"{OPTIONAL_VARIABLE}.MethodName",
            "Expected the name of the method; it is empty.",
            "The template was not filled in.",
            "Write a name: the table of results shows it.",
        )
    ]
