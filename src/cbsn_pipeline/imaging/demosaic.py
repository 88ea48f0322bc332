"""From one colour per pixel to three: what every camera does first."""

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

# Filters of Malvar et al., in eighths: green at red or blue; red (blue) at a green
# pixel of its own row; red at blue and blue at red.
_CROSS = np.array(
    [
        [0, 0, -1, 0, 0],
        [0, 0, 2, 0, 0],
        [-1, 2, 4, 2, -1],
        [0, 0, 2, 0, 0],
        [0, 0, -1, 0, 0],
    ],
    dtype=np.float32,
) / np.float32(8)
_ROW = np.array(
    [
        [0, 0, 0.5, 0, 0],
        [0, -1, 0, -1, 0],
        [-1, 4, 5, 4, -1],
        [0, -1, 0, -1, 0],
        [0, 0, 0.5, 0, 0],
    ],
    dtype=np.float32,
) / np.float32(8)
_CORNER = np.array(
    [
        [0, 0, -1.5, 0, 0],
        [0, 2, 0, 2, 0],
        [-1.5, 0, 6, 0, -1.5],
        [0, 2, 0, 2, 0],
        [0, 0, -1.5, 0, 0],
    ],
    dtype=np.float32,
) / np.float32(8)


def demosaic(mosaic: Float32) -> Float32:
    """Interpolate the two colours that each pixel lacks, after Malvar et al.

    Each is corrected by the gradient of the colour that the pixel has, as MATLAB's
    ``demosaic`` does, with which SIDD was developed: bilinear interpolation makes
    noise that is correlated further and of opposite sign between the colours.

    Args:
        mosaic: (H, W), RG over GB; any range.

    Returns:
        (H, W, 3) RGB in the same range, a little outside it at edges.

    Source:
        Malvar, He and Cutler, "High-quality linear interpolation for demosaicing of
        Bayer-patterned color images", ICASSP 2004.
    """
    # Reflection without repeating the edge keeps the order of the mosaic.
    cross, row, column, corner = (
        cv2.filter2D(mosaic, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
        for kernel in (_CROSS, _ROW, np.ascontiguousarray(_ROW.T), _CORNER)
    )
    rgb = np.repeat(mosaic[:, :, None], 3, axis=2)
    for own, other, start in ((0, 2, 0), (2, 0, 1)):  # red pixels, then blue ones
        here = slice(start, None, 2)
        beside = slice(1 - start, None, 2)
        rgb[here, here, 1] = cross[here, here]
        rgb[here, here, other] = corner[here, here]
        rgb[here, beside, own] = row[here, beside]  # green, between two of its own
        rgb[beside, here, own] = column[beside, here]
    return rgb
