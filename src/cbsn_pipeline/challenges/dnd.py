"""DND (Darmstadt Noise Dataset): its boxes, and what its site accepts.

Source: the data set's own ``info.mat`` and submission kit; ``docs/data.md`` says
where to get them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUM_IMAGES = 50
NUM_BOXES = 20  # crops per image that are scored
CROP_SIZE = 512  # pixels, square
CHANNELS = 3  # sRGB

INFO_FILE = "info.mat"
INFO_GROUP = "info"
INFO_FIELDS = ("boundingboxes", "camera", "nlf", "sigma_raw", "sigma_srgb")
IMAGE_FOLDER = "images_srgb"
IMAGE_VARIABLE = "InoisySRGB"  # stored (3, W, H), float in [0, 1]

BUNDLE_FOLDER = "bundled"
ARCHIVE_FILE = "bundled.zip"  # the fifty files, side by side
PARTIAL_ARCHIVE_FILE = "partial_set_not_for_upload.zip"
BUNDLE_VARIABLE = "Idenoised"
CROP_VARIABLE = "Idenoised_crop"
EVAL_VERSION = "1.0"

BOX_CORNERS = 4  # row0, col0, row1, col1
HALF_LEVEL = 0.5 / 255  # changes below it vanish in 8 bits

Float32 = NDArray[np.float32]


def is_whole_set(num_images: int, num_boxes: int) -> bool:
    """Say whether a set of this size is the official one: only that can be uploaded."""
    return (num_images, num_boxes) == (NUM_IMAGES, NUM_BOXES)


def image_file_name(image: int) -> str:
    """Name the file of an image in ``images_srgb`` and in ``bundled`` (from 1).

    >>> image_file_name(7)
    '0007.mat'
    """
    return f"{image:04d}.mat"


def crop_file_name(image: int, box: int) -> str:
    """Name the file of one denoised crop (image and box both from 1).

    >>> crop_file_name(7, 3)
    '0007_03.mat'
    """
    return f"{image:04d}_{box:02d}.mat"


def box_slices(box: Sequence[int] | NDArray[Any]) -> tuple[slice, slice]:
    """Turn a box of ``info.mat`` into row and column slices.

    Args:
        box: row0, col0, row1, col1 in pixels, counted from 1, both ends inside.

    Returns:
        Slices that count from 0 and exclude their end, as numpy does.

    Raises:
        ValueError: If it is not four corners in order, counted from 1.

    >>> box_slices((1, 5, 512, 516))
    (slice(0, 512, None), slice(4, 516, None))
    """
    corners = [int(corner) for corner in np.ravel(box)]
    if (
        len(corners) != BOX_CORNERS
        or min(corners) < 1
        or corners[2] < corners[0]
        or corners[3] < corners[1]
    ):
        raise ValueError(
            f"{corners} is not a box of DND; expected row0, col0, row1, col1, counted "
            "from 1 with both ends inside, such as [1, 1, 512, 512]. "
            "Was 1 subtracted already, or the array not transposed?"
        )
    row0, col0, row1, col1 = corners
    return slice(row0 - 1, row1), slice(col0 - 1, col1)


def check_boxes(
    boxes: NDArray[Any],
    *,
    where: str,
    num_boxes: int = NUM_BOXES,
    crop_size: int = CROP_SIZE,
    image_shape: tuple[int, ...] | None = None,
) -> None:
    """Raise if ``boxes`` are not the boxes of one DND image.

    Args:
        boxes: (boxes, 4): row0, col0, row1, col1 per row; from 1, both ends inside.
        where: File and image, for the message.
        num_boxes: How many there must be.
        crop_size: Height and width of each, in pixels.
        image_shape: (H, W, ...) of the image that must contain them; None skips that.

    Raises:
        ValueError: If number, corners or size differ, or a box leaves the image.
    """
    if boxes.shape != (num_boxes, BOX_CORNERS):
        raise ValueError(
            f"{where}: boxes of shape {boxes.shape}; expected {num_boxes} rows of "
            "row0, col0, row1, col1. info.mat stores them transposed, (4, boxes); "
            "another number of boxes must be declared by submit_dnd.num_boxes."
        )
    for number, box in enumerate(boxes, start=1):
        rows, columns = box_slices(box)
        size = (rows.stop - rows.start, columns.stop - columns.start)
        if size != (crop_size, crop_size):
            raise ValueError(
                f"{where}: box {number} covers {size[0]}x{size[1]} pixels; expected "
                f"{crop_size}x{crop_size}. Boxes count from 1 and include both ends; "
                "another size must be declared by submit_dnd.crop_size."
            )
        if image_shape and (
            rows.stop > image_shape[0] or columns.stop > image_shape[1]
        ):
            raise ValueError(
                f"{where}: box {number}, {np.asarray(box).astype(int).tolist()}, "
                f"leaves the image of {image_shape[0]}x{image_shape[1]} pixels "
                "(height x width). Is it the image of this box, and not transposed?"
            )


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
