r"""Is the colour right? Two numbers beside PSNR, which hardly sees it.

Colours are compared in CIE Lab (sRGB, D65), where distances are about those that
people see: :math:`C = \sqrt{a^2 + b^2}` is chroma, how far a colour is from grey.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

VIVID = 95  # percentile of chroma: the colourful part of a picture, not one odd pixel
GREY = 1.0  # chroma below which nobody sees a colour


def ciede2000(denoised: Image, clean: Image) -> float:
    """Mean colour difference CIEDE2000; 1 is about what an attentive eye notices.

    Args:
        denoised: (H, W, 3) uint8 RGB, 0..255.
        clean: Same shape and type.

    Returns:
        The mean over pixels, 0 for identical images.

    Source:
        scikit-image's ``deltaE_ciede2000``; Sharma et al., 2005.
    """
    from skimage.color import deltaE_ciede2000  # noqa: PLC0415 - slow to import

    difference = deltaE_ciede2000(_lab(denoised), _lab(clean))  # type: ignore[no-untyped-call]
    return float(difference.mean())


def chroma_ratio(denoised: Image, clean: Image) -> float:
    """How colourful the picture is, as a share of the clean one.

    Args:
        denoised: (H, W, 3) uint8 RGB, 0..255.
        clean: Same shape and type.

    Returns:
        Ratio of the 95th percentiles of chroma: 1 is right, below it colour is washed
        out. Chroma below 1 counts as 1, so that grey pictures give 1.
    """
    return vivid_chroma(denoised) / vivid_chroma(clean)


def vivid_chroma(image: Image) -> float:
    """95th percentile of Lab chroma of (H, W, 3) uint8 RGB; at least 1."""
    lab = _lab(image)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    return max(float(np.percentile(chroma, VIVID)), GREY)


def _lab(image: Image) -> NDArray[Any]:
    import cv2  # noqa: PLC0415 - a machine that only trains has no OpenCV

    unit = image.astype(np.float32) / np.float32(255)
    return cv2.cvtColor(unit, cv2.COLOR_RGB2Lab)
