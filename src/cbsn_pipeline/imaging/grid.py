"""Where the patches of an image lie."""

import numpy as np
from numpy.typing import NDArray


def patch_origins(
    height: int, width: int, *, patch_size: int, stride: int, border: int
) -> NDArray[np.int64]:
    """List the upper left corners of the patches of one image.

    A regular grid that starts at the border; only patches that lie wholly inside it are
    listed, so a remainder at the lower and right edge is not used.

    Args:
        height: Of the image, in pixels.
        width: Of the image, in pixels.
        patch_size: Height and width of a patch, in pixels.
        stride: From one patch to the next, in pixels; they overlap where it is
            below ``patch_size``.
        border: Pixels left out on each of the four sides.

    Returns:
        (N, 2): row and column, row by row. N is 0 for an image that is too small.

    Raises:
        ValueError: If patch size or stride is below 1, or the border below 0.

    Source:
        The grid of the released training set of jyicu/CBSN at 37da7aa: 256, 200, 10.

    >>> patch_origins(9, 6, patch_size=4, stride=3, border=1).tolist()
    [[1, 1], [4, 1]]
    """
    if patch_size < 1 or stride < 1 or border < 0:
        raise ValueError(
            f"Cannot lay a grid with patch size {patch_size}, stride {stride} and "
            f"border {border}; expected at least 1, 1 and 0 pixels."
        )
    rows = np.arange(border, height - border - patch_size + 1, stride)
    columns = np.arange(border, width - border - patch_size + 1, stride)
    grid = np.meshgrid(rows, columns, indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, 2).astype(np.int64)
