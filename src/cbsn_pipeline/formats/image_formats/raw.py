"""Raw files of cameras, developed by rawpy (LibRaw) where it is installed."""

from pathlib import Path
from typing import Any

from cbsn_pipeline.files.isolated import NotRead
from cbsn_pipeline.formats.image_formats.opening import (
    Description,
    Pixels,
)

SUFFIXES = {  # their content looks like TIFF, or like nothing else
    *(".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".nef", ".nrw", ".orf"),
    *(".pef", ".raf", ".rw2", ".rwl", ".srw", ".x3f"),
}
_TURNED = (5, 6)  # LibRaw's word for a quarter to either side


def describe(path: Path) -> Description:
    """Read the size of what is developed, upright."""
    with _opened_raw(path) as raw:
        sides = raw.sizes.height, raw.sizes.width
        height, width = sides[::-1] if raw.sizes.flip in _TURNED else sides
    return Description("RAW", height, width, 3, "uint16", orientation=1)


def decode(path: Path, _: Description) -> Pixels:
    """Develop to 16 bits: the camera's white balance, sRGB, nothing denoised."""
    with _opened_raw(path) as raw:
        pixels: Pixels = raw.postprocess(output_bps=16, use_camera_wb=True)
        return pixels


def _opened_raw(path: Path) -> Any:  # noqa: ANN401
    try:
        import rawpy
    except ImportError:
        raise NotRead(
            "it is a camera's raw file. `pip install 'cbsn_pipeline[raw]'` reads it; "
            "or export it to TIFF of 16 bits"
        ) from None
    return rawpy.imread(str(path))
