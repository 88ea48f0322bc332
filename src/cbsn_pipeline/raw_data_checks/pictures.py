"""Looks at one image file: its header, or all of its pixels."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.formats.image_formats import Description
from cbsn_pipeline.formats.images import describe, read_rgb
from cbsn_pipeline.formats.untrusted import NotReadError
from cbsn_pipeline.imaging.noise_level import flat_noise_level, noise_level
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.raw_data_checks.examination import ImageFacts, Part
from cbsn_pipeline.raw_data_checks.places import first_look, unreadable

GREEN = 1  # the least interpolated of the channels
MEASURED = 1024  # pixels; noise is measured in the centre of larger images
SMALLEST = 3  # pixels; no noise level below
LEVELS = 255.0


@dataclass
class Look:
    """What was seen of one image file; ``facts`` is None if it cannot be used."""

    facts: ImageFacts | None = None
    header: Description | None = None
    findings: list[Finding] = field(default_factory=list)


def look_at_file(part: Part, file: Path, name: str, *, thorough: bool) -> Look:
    """Look at an image file; never raises for what is wrong with it.

    Args:
        part: What it belongs to.
        file: Of any format that is read.
        name: Its place in the part.
        thorough: Decode it, hash its pixels and estimate its noise.
    """
    if wrong := first_look(part, file, name):
        return Look(findings=[wrong])
    try:
        header = describe(file)
        facts = ImageFacts(name, header.height, header.width, header.dtype)
        if thorough:
            facts = describe_pixels(name, read_rgb(file))
    except DatasetError as error:
        whole = isinstance(error, NotReadError)
        code = "unsupported_image" if whole else "damaged_image"
        finding = part.from_error(error, code, name, path=file)
        return Look(findings=[finding])
    except OSError as error:
        return Look(findings=[unreadable(part, error, name)])
    return Look(facts, header, _constant(part, facts))


def describe_pixels(name: str, pixels: NDArray[Any]) -> ImageFacts:
    """Hash an image and estimate its noise.

    Args:
        name: Of the image.
        pixels: (H, W, 3): uint8 in 0..255, uint16 in 0..65535 or float32 in [0, 1].
    """
    height, width = pixels.shape[:2]
    integers = np.issubdtype(pixels.dtype, np.integer)
    white = float(np.iinfo(pixels.dtype).max) if integers else 1.0
    plane = _centre(pixels)
    level = flat = None
    if min(plane.shape) >= SMALLEST:
        level = noise_level(plane) * LEVELS / white
        flat = flat_noise_level(plane, white=white)
    return ImageFacts(
        *(name, height, width, pixels.dtype.name),
        pixels=pixel_sha256(pixels),
        level=level,
        flat_level=None if flat is None else flat * LEVELS / white,
    )


def _centre(pixels: NDArray[Any]) -> NDArray[Any]:
    top, left = (max(0, (side - MEASURED) // 2) for side in pixels.shape[:2])
    return pixels[top : top + MEASURED, left : left + MEASURED, GREEN]


def _constant(part: Part, facts: ImageFacts) -> list[Finding]:
    if facts.level != 0:
        return []
    return [
        part.finding(
            *("warning", "constant_image", facts.name),
            what="Its centre holds neither detail nor noise: one colour or a ramp.",
            cause="It is a placeholder, or was damaged when it was written.",
            remedy="Look at it; fetch or export it again, or remove it.",
        )
    ]
