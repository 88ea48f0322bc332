"""Shape, type and range of one block or crop as it is in a .mat file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding

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
        findings.append(_double(file, index))
    elif crop.dtype != np.float32:
        findings.append(_crop_class(crop, file, index))
        return findings, to_levels(crop)
    if not np.isfinite(crop).all():
        return [*findings, not_finite(crop, file=file, index=index)], None
    low, high = float(crop.min()), float(crop.max())
    if high > CLEARLY_OVER:
        findings.append(_range_255(low, high, file, index))
    elif low < 0 or high > 1:
        findings.append(_outside(low, high, file, index))
    return findings, to_levels(crop)


def check_shape(
    item: object, shape: tuple[int, int, int], *, file: str, index: str
) -> tuple[list[Finding], Array | None]:
    """Check the axes; put right what can be, so that its pixels can be checked too."""
    if not isinstance(item, np.ndarray) or item.dtype.kind not in "biuf":
        return [_no_array(item, file, index)], None
    findings = []
    block = item
    if block.ndim == len(shape) + 1 and block.shape[0] == 1:
        findings.append(_axes("batch_axis", block.shape, shape, file, index))
        block = block[0]
    if block.shape == (RGB, *shape[:2]) != shape:
        findings.append(_axes("channels_first", block.shape, shape, file, index))
        block = block.transpose(1, 2, 0)
    if block.shape != shape:
        return [*findings, _axes("block_shape", item.shape, shape, file, index)], None
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
    in_one = high <= CLEARLY_OVER
    return Finding(
        "error",
        "wrong_class",
        file,
        index,
        f"Expected uint8, 0..255; got {matlab_class(values)}, {low:.4g}..{high:.4g}.",
        "The output of the network was saved as it came."
        if in_one
        else "Levels were saved without converting their type.",
        "Multiply by 255, round, clip and convert to uint8."
        if in_one
        else "Round, clip and convert to uint8.",
        count,
    )


def matlab_class(values: Array) -> str:
    """Name the type of an array as MATLAB does."""
    name = str(values.dtype.name)
    return {"float64": "double", "float32": "single", "bool": "logical"}.get(name, name)


_AXES = {
    "batch_axis": (
        "The batch axis of the network was left on.",
        "Take the first element, or use squeeze(0), before saving.",
    ),
    "channels_first": (
        "Channels are first, as PyTorch has them, or HDF5 reversed the axes.",
        "Use permute(1, 2, 0), numpy's transpose(1, 2, 0), before saving.",
    ),
    "block_shape": (
        "It was cropped, resized, padded, or lost its colours.",
        "Save height x width x RGB of the size of the input.",
    ),
}


def _axes(
    code: str, got: tuple[int, ...], shape: tuple[int, ...], file: str, index: str
) -> Finding:
    cause, remedy = _AXES[code]
    what = f"Expected height x width x RGB {shape}; got {got}."
    return Finding("error", code, file, index, what, cause, remedy)


def _no_array(item: object, file: str, index: str) -> Finding:
    return Finding(
        "error",
        "block_empty",
        file,
        index,
        f"Expected an array of numbers; got {type(item).__name__}.",
        "The cell holds text, another cell or a struct.",
        "Put one array of numbers into each place.",
    )


def not_finite(values: Array, *, file: str, index: str) -> Finding:
    """Report NaN and infinite values."""
    count = int((~np.isfinite(values)).sum())
    return Finding(
        "error",
        "not_finite",
        file,
        index,
        f"Expected numbers; {count:,} of {values.size:,} values are NaN or infinite.",
        "Training diverged, or a division by zero in the normalisation.",
        "Look at the outputs of the denoiser; do not replace NaN by 0.",
    )


def _crop_class(crop: Array, file: str, index: str) -> Finding:
    return Finding(
        "error",
        "wrong_class",
        file,
        index,
        f"Expected single (float32) in [0, 1]; got {matlab_class(crop)}, "
        f"{float(crop.min()):.4g}..{float(crop.max()):.4g}.",
        "8-bit pictures were saved in place of the output of the denoiser.",
        "Save float32 in [0, 1]; DND is not quantised to 8 bits.",
    )


def _double(file: str, index: str) -> Finding:
    return Finding(
        "note",
        "double",
        file,
        index,
        "Expected single (float32), as the kit of DND writes; got double, which "
        "MATLAB computes with alike.",
        "The crop was not converted.",
        "Nothing must be done; float32 makes the upload half as large.",
    )


def _range_255(low: float, high: float, file: str, index: str) -> Finding:
    return Finding(
        "error",
        "range_0_255",
        file,
        index,
        f"Expected values in [0, 1]; they range over {low:.4g}..{high:.4g}.",
        "Levels 0..255 were saved.",
        "Divide by 255.",
    )


def _outside(low: float, high: float, file: str, index: str) -> Finding:
    return Finding(
        "error",
        "outside_range",
        file,
        index,
        f"Expected values in [0, 1]; they range over {low:.4g}..{high:.4g}.",
        "The output of the network was not clipped.",
        "Clip to [0, 1].",
    )
