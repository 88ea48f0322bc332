"""What the site that scores DND accepts: names of files, crops and bundles.

Source: the submission kit of the data set; ``docs/data.md`` says where to get it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.boxes import NUM_BOXES

BUNDLE_FOLDER = "bundled"
ARCHIVE_FILE = "bundled.zip"  # the fifty files, side by side
PARTIAL_ARCHIVE_FILE = "partial_set_not_for_upload.zip"
BUNDLE_VARIABLE = "Idenoised"
CROP_VARIABLE = "Idenoised_crop"
EVAL_VERSION = "1.0"
HALF_LEVEL = 0.5 / 255  # changes below it vanish in 8 bits

Float32 = NDArray[np.float32]


def crop_file_name(image: int, box: int) -> str:
    """Name the file of one denoised crop (image and box both from 1).

    >>> crop_file_name(7, 3)
    '0007_03.mat'
    """
    return f"{image:04d}_{box:02d}.mat"


def check_crop(crop: NDArray[Any], noisy: NDArray[Any], where: str) -> None:
    """Raise if a denoised crop would be refused, or scored as nonsense, by the site.

    Args:
        crop: What would be uploaded, to be float32 in [0, 1], (512, 512, 3).
        noisy: The crop of the noisy image it was made from, [0, 1], same shape.
        where: File, image and box, for the message.

    Raises:
        ValueError: If shape, dtype, NaN, range or content are wrong.
    """
    if crop.shape != noisy.shape:
        raise ValueError(
            f"{where}: denoised crop of shape {crop.shape}; expected {noisy.shape} "
            "(height, width, RGB). Was a batch axis left on, or channels put first?"
        )
    if crop.dtype != np.float32:
        raise ValueError(
            f"{where}: denoised crop of {crop.dtype}; expected float32 in [0, 1]. "
            "Convert it before bundling; 8-bit values would be divided by nothing."
        )
    if not np.isfinite(crop).all():
        raise ValueError(
            f"{where}: {int((~np.isfinite(crop)).sum())} values of the denoised crop "
            "are NaN or infinite; expected numbers in [0, 1]. Did training diverge?"
        )
    if crop.min() < 0 or crop.max() > 1:
        raise ValueError(
            f"{where}: denoised crop ranges over {crop.min():.4g}..{crop.max():.4g}; "
            "expected [0, 1]. Clip it, and check that it is not in 0..255."
        )
    if np.max(np.abs(crop - noisy.astype(np.float32))) <= HALF_LEVEL:
        raise ValueError(
            f"{where}: the denoised crop is the noisy input (no value differs by more "
            "than half an 8-bit level). Was the denoiser applied, and trained at all?"
        )


def bundle(crops: Sequence[Float32]) -> dict[str, Any]:
    """Put the denoised crops of one image in the form that the site asks for.

    Args:
        crops: One (512, 512, 3) float32 in [0, 1] per box, in the order of the boxes.

    Returns:
        Content for ``scipy.io.savemat``: ``Idenoised`` a 1 x boxes cell, ``israw`` a
        1x1 logical, ``eval_version`` a string.

    Raises:
        ValueError: If there is no crop.
    """
    if not crops:
        raise ValueError("No crops to bundle; expected one per box of the image.")
    cell = np.empty((1, len(crops)), dtype=object)
    for box, crop in enumerate(crops):
        cell[0, box] = crop  # one by one: numpy would stack equal shapes into one array
    return {
        BUNDLE_VARIABLE: cell,
        "israw": np.array([[False]]),
        "eval_version": EVAL_VERSION,
    }


def unbundle(
    content: Mapping[str, Any], *, where: str, num_boxes: int = NUM_BOXES
) -> list[NDArray[Any]]:
    """Take the crops out of a bundled file as read back: the inverse of `bundle`.

    Args:
        content: What ``scipy.io.loadmat`` returned.
        where: The file, for the message.
        num_boxes: How many crops there must be.

    Returns:
        The crops in the order of the boxes, unchecked: see :func:`check_crop`.

    Raises:
        ValueError: If a key, the number of crops, ``israw`` or the version is wrong.
    """
    missing = {BUNDLE_VARIABLE, "israw", "eval_version"} - set(content)
    if missing:
        found = sorted(key for key in content if not key.startswith("__"))
        raise ValueError(
            f"{where} lacks {', '.join(sorted(missing))}; it holds {found}. Expected "
            "Idenoised, israw and eval_version: single crops must be bundled first."
        )
    cell = content[BUNDLE_VARIABLE]
    if cell.dtype != object or cell.shape != (1, num_boxes):
        raise ValueError(
            f"{where}: Idenoised is {cell.dtype} of shape {cell.shape}; expected a "
            f"cell (object array) of shape (1, {num_boxes}), one crop per box."
        )
    israw, version = np.ravel(content["israw"]), np.ravel(content["eval_version"])
    if israw.tolist() != [0] or version.tolist() != [EVAL_VERSION]:
        raise ValueError(
            f"{where}: israw {israw.tolist()}, eval_version {version.tolist()}; "
            f"expected [False] and ['{EVAL_VERSION}'], the sRGB track of the site."
        )
    return list(cell[0])
