"""The one place where intensities change their type: [0, 1] <-> 8 or 16 bits.

Released denoising codes differ here (truncating, rounding without clipping), and
the difference shows in the second decimal of a PSNR. Everything in this package
rounds to the nearest level and clips.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LEVELS = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}
# A network overshoots a little often, a lot rarely; beyond that the range is doubted.
_OVERSHOOT, _OVERSHOOT_SHARE = 0.5, 0.01


def to_unit(image: NDArray[Any]) -> NDArray[np.float32]:
    """Bring any supported image to float32 in [0, 1].

    Args:
        image: Any shape; uint8 in 0..255, uint16 in 0..65535, or floating point
            that is already in [0, 1] (values a little outside, as after a
            denoiser, stay as they are).

    Returns:
        Same shape, float32.

    Raises:
        ValueError: The type is none of these, or a value is NaN or infinite.
    """
    if image.dtype in _LEVELS:
        return image.astype(np.float32) / np.float32(_LEVELS[image.dtype])
    if not np.issubdtype(image.dtype, np.floating):
        raise ValueError(
            f"Expected an image of uint8, uint16 or floating point in [0, 1], got "
            f"{image.dtype}. Convert it before it comes here."
        )
    _check_finite(image)
    return image.astype(np.float32)


def to_uint8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Round and clip to 8 bits: the form in which every score is computed.

    Args:
        image: Any shape, floating point in [0, 1]; values outside are clipped.

    Returns:
        Same shape, 0..255, nearest level (a tie goes to the even one).

    Raises:
        ValueError: Integers were passed, or a value is NaN or infinite.
    """
    return _quantise(image, np.dtype(np.uint8)).astype(np.uint8)


def as_scored(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Bring an image to the 8-bit levels that every score is computed on.

    The range is that of the type, never guessed from the values: uint8 is 0..255,
    uint16 is 0..65535, floating point is [0, 1].

    Args:
        image: Any shape; uint8 stays as it is, uint16 is divided by 257 and rounded,
            floating point is clipped to [0, 1], multiplied by 255 and rounded.

    Returns:
        Same shape; for uint8 the array itself.

    Raises:
        ValueError: The type is none of these, a value is NaN or infinite, or more than
            1 % of floating point lies beyond [-0.5, 1.5]: then it is 0..255 or
            normalised, and clipping would make a white or a black image of it.
    """
    if image.dtype == np.uint8:
        return image
    unit = to_unit(image)
    beyond = (unit < -_OVERSHOOT) | (unit > 1.0 + _OVERSHOOT)
    if np.count_nonzero(beyond) > _OVERSHOOT_SHARE * unit.size:
        raise ValueError(
            "Expected floating point in [0, 1] or a little beyond; got values from "
            f"{unit.min():g} to {unit.max():g}. Is it 0..255, or normalised? Divide by "
            "255, or undo the normalisation, before it is scored."
        )
    return to_uint8(unit)


def to_dtype(image: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Give an image in [0, 1] the type that the caller started from.

    Args:
        image: Any shape, floating point in [0, 1]; values outside are clipped.
        dtype: uint8 or uint16 (rounded to the nearest level), or any floating
            type, which gives float32 in [0, 1].

    Returns:
        Same shape.

    Raises:
        ValueError: Another type was asked for, integers were passed, or a value
            is NaN or infinite.
    """
    wanted = np.dtype(dtype)
    if wanted in _LEVELS:
        levels: NDArray[Any] = _quantise(image, wanted).astype(wanted)
        return levels
    if not np.issubdtype(wanted, np.floating):
        raise ValueError(
            f"Cannot write an image as {wanted}: expected uint8, uint16 or a "
            "floating type."
        )
    _check_unit(image)
    unit: NDArray[np.float32] = np.clip(image, 0.0, 1.0).astype(np.float32)
    return unit


def _quantise(image: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    _check_unit(image)
    levels: NDArray[Any] = np.rint(np.clip(image, 0.0, 1.0) * _LEVELS[dtype])
    return levels


def _check_unit(image: NDArray[Any]) -> None:
    if not np.issubdtype(image.dtype, np.floating):
        raise ValueError(
            f"Expected floating point in [0, 1], got {image.dtype}: this image is "
            "quantised already, or its range is another. to_unit() brings it to [0, 1]."
        )
    _check_finite(image)


def _check_finite(image: NDArray[Any]) -> None:
    if not np.isfinite(image).all():
        num_bad = int(image.size - np.count_nonzero(np.isfinite(image)))
        raise ValueError(
            f"{num_bad} of {image.size} values are NaN or infinite; expected finite "
            "intensities in [0, 1]. A diverged network or a damaged file does this."
        )
