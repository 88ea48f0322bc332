"""The boxes of DND (Darmstadt Noise Dataset): the crops that are scored.

Source: the data set's own ``info.mat``; ``docs/data.md`` says where to get it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUM_IMAGES = 50
NUM_BOXES = 20  # crops per image that are scored
CROP_SIZE = 512  # pixels, square
CHANNELS = 3  # sRGB
BOX_CORNERS = 4  # row0, col0, row1, col1


def is_whole_set(num_images: int, num_boxes: int) -> bool:
    """Say whether a set of this size is the official one: only that can be uploaded."""
    return (num_images, num_boxes) == (NUM_IMAGES, NUM_BOXES)


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
