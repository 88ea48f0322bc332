"""Examines one image of DND: header, boxes, pixels."""

from pathlib import Path

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.boxes import CHANNELS, check_boxes
from cbsn_pipeline.benchmarks.dnd.folder import IMAGE_FOLDER, IMAGE_VARIABLE, INFO_FILE
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.formats.dnd_folder import DndFolder, read_noisy_srgb
from cbsn_pipeline.formats.mat_file import list_variables, read_variable
from cbsn_pipeline.raw_data_checks.examination import ImageFacts, Part
from cbsn_pipeline.raw_data_checks.pictures import describe_pixels
from cbsn_pipeline.raw_data_checks.places import first_look, unreadable

FLOATS = {"single": "float32", "double": "float64"}
RGB_AXES = 3
LEVELS = 255
TESTED = 64  # pixels; a corner tells whether values were rounded to 8 bits
ROUNDED = 1e-3  # levels; float32 is this far off a whole level at most


def look_at_image(
    part: Part, file: Path, info: DndFolder | None, *, thorough: bool
) -> tuple[ImageFacts | None, list[Finding]]:
    """Look at one file of images_srgb; never raises for what is wrong with it.

    Args:
        part: The folder of DND.
        file: The image.
        info: The boxes, where they could be read.
        thorough: Read the pixels.
    """
    name = f"{IMAGE_FOLDER}/{file.name}"
    if wrong := first_look(part, file, name):
        return None, [wrong]
    try:
        variables = list_variables(file)
        findings = _check_header(part, name, variables)
        if findings:
            return None, findings
        shape, kind = variables[IMAGE_VARIABLE]
        findings += _check_boxes(part, file, info, shape)
        facts = ImageFacts(name, shape[0], shape[1], FLOATS.get(kind, kind))
        if thorough:
            facts, more = _look_at_pixels(part, file, facts)
            findings += more
    except DatasetError as error:
        return None, [part.from_error(error, "damaged_mat", name, path=file)]
    except OSError as error:
        return None, [unreadable(part, error, name)]
    return facts, findings


def _check_header(
    part: Part, name: str, variables: dict[str, tuple[tuple[int, ...], str]]
) -> list[Finding]:
    if IMAGE_VARIABLE not in variables:
        what = (
            f"It has no variable {IMAGE_VARIABLE}; it has "
            f"{', '.join(variables) or 'none'}."
        )
        code = "wrong_variable"
    else:
        shape, kind = variables[IMAGE_VARIABLE]
        kind = FLOATS.get(kind, kind)
        if len(shape) != RGB_AXES or shape[-1] != CHANNELS:
            code = "wrong_shape"
            what = f"It has shape {shape}; expected (height, width, 3)."
        elif kind not in FLOATS.values():
            code = "wrong_dtype"
            what = f"It holds {kind} values; expected float32 or float64 in [0, 1]."
        else:
            return []
    return [
        part.finding(
            *("error", code, name),
            what=what,
            cause="It is from images_raw, or was written by a script of your own.",
            remedy="Use the published file of images_srgb.",
        )
    ]


def _check_boxes(
    part: Part, file: Path, info: DndFolder | None, shape: tuple[int, ...]
) -> list[Finding]:
    number = int(file.stem) if file.stem.isdigit() else 0
    if info is None or not 1 <= number <= info.num_images:
        return []
    boxes, expected = info.boxes(number - 1), part.expected
    try:
        check_boxes(
            boxes,
            where=f"{INFO_FILE}, image {number}",
            num_boxes=expected.num_boxes or len(boxes),
            crop_size=expected.crop_size or _side(boxes),
            image_shape=shape,
        )
    except ValueError as error:
        return [part.from_error(error, "boxes_do_not_fit", f"image {number}")]
    return []


def _side(boxes: NDArray[np.int64]) -> int:
    return int(boxes[0, 2] - boxes[0, 0] + 1) if boxes.size else 0


def _look_at_pixels(
    part: Part, file: Path, facts: ImageFacts
) -> tuple[ImageFacts, list[Finding]]:
    try:
        pixels = read_noisy_srgb(file)
    except DatasetError as error:
        read_variable(file, IMAGE_VARIABLE)  # raises if it is the file's fault
        return facts, [part.from_error(error, "bad_values", facts.name, path=file)]
    return describe_pixels(facts.name, pixels), _quantised(part, facts.name, pixels)


def _quantised(part: Part, name: str, pixels: NDArray[np.float32]) -> list[Finding]:
    corner = pixels[:TESTED, :TESTED].astype(np.float64) * LEVELS
    if np.abs(corner - np.rint(corner)).max() > ROUNDED:
        return []
    return [
        part.finding(
            *("warning", "quantised", name),
            what="Its values are whole levels of 255; DND's are not rounded to 8 bits.",
            cause="It went through a PNG or JPEG file.",
            remedy="Use the published file of images_srgb.",
        )
    ]
