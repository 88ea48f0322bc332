"""Shape, type and range of one block or crop as it is in a .mat file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.report import report

Array = NDArray[Any]

PEAK = 255.0
CLEARLY_OVER = 1.5  # above it, values are no overshoot over 1
RGB = 3


def check_block(
    item: object, shape: tuple[int, int, int], *, file: str, index: str
) -> tuple[list[Finding], Array | None]:
    """Check a block of SIDD.

    Args:
        item: What was read.
        shape: Height, width, RGB of a block.
        file: For the findings.
        index: Which block.

    Returns:
        What is wrong, and the block in levels 0..255; None if it cannot be used.
    """
    findings, block = check_shape(item, shape, file=file, index=index)
    if block is None:
        return findings, None
    if block.dtype == np.uint8:
        return findings, block
    findings.append(wrong_class(block, file=file, index=index))
    if not np.isfinite(block).all():
        return [*findings, not_finite(block, file=file, index=index)], None
    return findings, to_levels(block)


def check_crop(
    item: object, shape: tuple[int, int, int], *, file: str, index: str
) -> tuple[list[Finding], Array | None]:
    """Check a crop of DND, to be single (float32) in [0, 1].

    Returns:
        What is wrong, and the crop in levels 0..255; None if it cannot be used.
    """
    findings, crop = check_shape(item, shape, file=file, index=index)
    if crop is None:
        return findings, None
    if crop.dtype == np.float64:
        findings.append(report("double", file, index))
    elif crop.dtype != np.float32:
        got, low, high = matlab_class(crop), float(crop.min()), float(crop.max())
        findings.append(
            report("wrong_class/crop", file, index, got=got, low=low, high=high)
        )
        return findings, to_levels(crop)
    if not np.isfinite(crop).all():
        return [*findings, not_finite(crop, file=file, index=index)], None
    low, high = float(crop.min()), float(crop.max())
    if high > CLEARLY_OVER:
        findings.append(report("range_0_255", file, index, low=low, high=high))
    elif low < 0 or high > 1:
        findings.append(report("outside_range", file, index, low=low, high=high))
    return findings, to_levels(crop)


def check_shape(
    item: object, shape: tuple[int, int, int], *, file: str, index: str
) -> tuple[list[Finding], Array | None]:
    """Check the axes; put right what can be, so that its pixels can be checked too."""
    if not isinstance(item, np.ndarray) or item.dtype.kind not in "biuf":
        return [report("block_empty/array", file, index, got=type(item).__name__)], None
    findings = []
    block = item
    if block.ndim == len(shape) + 1 and block.shape[0] == 1:
        seen = {"expected": shape, "got": block.shape}
        findings.append(report("batch_axis", file, index, **seen))
        block = block[0]
    if block.shape == (RGB, *shape[:2]) != shape:
        seen = {"expected": shape, "got": block.shape}
        findings.append(report("channels_first", file, index, **seen))
        block = block.transpose(1, 2, 0)
    if block.shape != shape:
        seen = {"expected": shape, "got": item.shape}
        return [*findings, report("block_shape", file, index, **seen)], None
    return findings, np.ascontiguousarray(block)


def to_levels(values: Array, highest: float | None = None) -> Array:
    """Bring numbers of an unknown scale to levels 0..255: [0, 1] is multiplied.

    Args:
        values: Any type and shape.
        highest: The largest value of all blocks, where it is known; by default that
            of ``values``.
    """
    if values.dtype == np.uint8:
        return values
    levels = np.asarray(values, dtype=np.float32)
    high = float(levels.max(initial=0)) if highest is None else highest
    return levels * np.float32(PEAK) if high <= CLEARLY_OVER else levels


def wrong_class(values: Array, *, file: str, index: str, count: int = 1) -> Finding:
    """Report SIDD blocks that are not uint8."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return report(
        "wrong_class/in_one" if high <= CLEARLY_OVER else "wrong_class/levels",
        file,
        index,
        count=count,
        got=matlab_class(values),
        low=low,
        high=high,
    )


def not_finite(values: Array, *, file: str, index: str) -> Finding:
    """Report NaN and infinite values."""
    number = int((~np.isfinite(values)).sum())
    return report("not_finite", file, index, number=number, total=values.size)


def matlab_class(values: Array) -> str:
    """Name the type of an array as MATLAB does."""
    name = str(values.dtype.name)
    return {"float64": "double", "float32": "single", "bool": "logical"}.get(name, name)
