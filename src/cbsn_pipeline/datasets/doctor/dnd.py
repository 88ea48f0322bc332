"""Examines the folder of DND."""

from pathlib import Path

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.challenges import dnd
from cbsn_pipeline.datasets.dnd_folder_dataset import DndFolder, read_noisy_srgb
from cbsn_pipeline.datasets.doctor.parts import (
    Examination,
    Expected,
    ImageFacts,
    Part,
    count,
)
from cbsn_pipeline.datasets.doctor.pictures import describe_pixels
from cbsn_pipeline.datasets.doctor.places import (
    check_zips,
    first_look,
    list_files,
    missing,
    unreadable,
    zips_beside,
)
from cbsn_pipeline.datasets.mat_file import container, list_variables, read_variable
from cbsn_pipeline.datasets.noisy_images.dnd import READ_BYTES
from cbsn_pipeline.findings import Finding, Severity
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.threads import map_in_order, num_workers

FLOATS = {"single": "float32", "double": "float64"}
RGB_AXES = 3
LEVELS = 255
TESTED = 64  # pixels; a corner tells whether values were rounded to 8 bits


def examine(part: Part, *, thorough: bool, workers: int) -> Examination:
    """Look at info.mat, boxes and headers; when thorough, at every pixel."""
    root, seen = part.path, Examination(part)
    if not root.is_dir():
        zips = [root] if root.is_file() else zips_beside(root)
        zips = [file for file in zips if "dnd" in file.name.lower()]
        seen.findings = [
            missing(part),
            *check_zips(part, zips, data_there=False, thorough=thorough),
        ]
        return seen
    files, seen.findings = list_files(part)
    images = sorted((root / dnd.IMAGE_FOLDER).glob("*.mat"))
    seen.found = bool(images) or (root / dnd.INFO_FILE).is_file()
    seen.findings += check_zips(
        part, [root / f for f in files], data_there=bool(images), thorough=thorough
    )
    if not images and (deeper := _deeper(root)):
        seen.findings.append(_nested(part, deeper))
        return seen
    info = _read_info(seen)
    seen.findings += _check_files(part, images, info)
    _look_at_images(seen, images, info, thorough=thorough, workers=workers)
    if seen.found:
        _describe(seen, images, info)
    return seen


def _read_info(seen: Examination) -> DndFolder | None:
    part = seen.part
    path = part.path / dnd.INFO_FILE
    try:
        return DndFolder(part.path)
    except DatasetError as error:
        there = path.exists()
        code = "damaged_info" if there else "info_missing"
        # Training needs the images alone; only a submission needs the boxes.
        severity: Severity = "error" if there or "scored" in part.roles else "warning"
        seen.findings.append(
            part.from_error(error, code, dnd.INFO_FILE, path=path, severity=severity)
        )
    except OSError as error:
        seen.findings.append(unreadable(part, error, dnd.INFO_FILE))
    return None


def _check_files(
    part: Part, images: list[Path], info: DndFolder | None
) -> list[Finding]:
    if not images and (part.path / "images_raw").is_dir():
        return [
            part.finding(
                *("error", "raw_images_only", "images_raw"),
                what="Only images_raw is there; expected images_srgb.",
                cause="Half of the archive was unzipped.",
                remedy="Unzip images_srgb too: that track is denoised here.",
            )
        ]
    expected = part.expected.num_images or (info.num_images if info else 0)
    there = {file.name for file in images}
    names = [dnd.image_file_name(number) for number in range(1, expected + 1)]
    absent = [name for name in names if name not in there]
    findings = [
        part.finding(
            *("error", "images_missing", f"{dnd.IMAGE_FOLDER}/{name}"),
            what=f"{len(absent)} of {expected} images are not there.",
            cause="The archive was not unzipped to the end.",
            remedy="Unzip it again. The site takes 50 files, one per image.",
        )
        for name in absent
    ]
    findings += [
        part.finding(
            *("warning", "unexpected_file", f"{dnd.IMAGE_FOLDER}/{name}"),
            what=f"It is not one of the {expected} images of DND.",
            cause="It was copied in, or renamed.",
            remedy="Remove it: it would be trained on.",
        )
        for name in sorted(there - set(names))
        if expected
    ]
    if info and info.num_images != expected:
        findings.append(
            part.finding(
                *("error", "wrong_count", dnd.INFO_FILE),
                what=f"info.mat lists {info.num_images} images; expected {expected}.",
                cause="It is a set of your own.",
                remedy=f"Declare it: submit.num_images={info.num_images}.",
            )
        )
    return findings


def _look_at_images(
    seen: Examination,
    images: list[Path],
    info: DndFolder | None,
    *,
    thorough: bool,
    workers: int,
) -> None:
    part = seen.part
    threads = num_workers(workers, item_bytes=READ_BYTES if thorough else 0)

    def look(file: Path) -> tuple[ImageFacts | None, list[Finding]]:
        return _look(part, file, info, thorough=thorough)

    with Progress(f"Looking at {part.name}", total=len(images), unit="images") as bar:
        for facts, findings in map_in_order(look, images, workers=threads):
            seen.images += [facts] if facts else []
            seen.findings += findings
            bar.advance(1)


def _look(
    part: Part, file: Path, info: DndFolder | None, *, thorough: bool
) -> tuple[ImageFacts | None, list[Finding]]:
    name = f"{dnd.IMAGE_FOLDER}/{file.name}"
    if wrong := first_look(part, file, name):
        return None, [wrong]
    try:
        variables = list_variables(file)
        findings = _check_header(part, name, variables)
        if findings:
            return None, findings
        shape, kind = variables[dnd.IMAGE_VARIABLE]
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
    if dnd.IMAGE_VARIABLE not in variables:
        what = (
            f"It has no variable {dnd.IMAGE_VARIABLE}; it has "
            f"{', '.join(variables) or 'none'}."
        )
        code = "wrong_variable"
    else:
        shape, kind = variables[dnd.IMAGE_VARIABLE]
        kind = FLOATS.get(kind, kind)
        if len(shape) != RGB_AXES or shape[-1] != dnd.CHANNELS:
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
        dnd.check_boxes(
            boxes,
            where=f"{dnd.INFO_FILE}, image {number}",
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
        read_variable(file, dnd.IMAGE_VARIABLE)  # raises if it is the file's fault
        return facts, [part.from_error(error, "bad_values", facts.name, path=file)]
    return describe_pixels(facts.name, pixels), _quantised(part, facts.name, pixels)


def _quantised(part: Part, name: str, pixels: NDArray[np.float32]) -> list[Finding]:
    corner = pixels[:TESTED, :TESTED].astype(np.float64) * LEVELS
    if np.abs(corner - np.rint(corner)).max() > 1e-3:  # noqa: PLR2004
        return []
    return [
        part.finding(
            *("warning", "quantised", name),
            what="Its values are whole levels of 255; DND's are not rounded to 8 bits.",
            cause="It went through a PNG or JPEG file.",
            remedy="Use the published file of images_srgb.",
        )
    ]


def _deeper(root: Path) -> Path | None:
    return next((p.parent for p in sorted(root.rglob(dnd.INFO_FILE))), None)


def _nested(part: Part, deeper: Path) -> Finding:
    return part.finding(
        *("error", "nested", deeper.relative_to(part.path)),
        what="info.mat and images_srgb lie in a folder of this folder.",
        cause="The archive was unzipped into a folder of its own.",
        remedy=f"Name {deeper} as dnd_path (and noisy_path), or move it up.",
    )


def _describe(seen: Examination, images: list[Path], info: DndFolder | None) -> None:
    seen.describe_images()
    expected: Expected = seen.part.expected
    seen.facts |= {
        "noisy_files": len(images),
        "bytes": sum(file.stat().st_size for file in images if file.exists()),
        "containers": count(_container(file) for file in images),
        "boxes": f"{expected.num_boxes} x {expected.crop_size} px expected per image",
    }
    if info:
        cameras = [info.camera(image) for image in range(info.num_images)]
        seen.facts["info.mat"] = f"{info.num_images} images"
        seen.facts["cameras"] = count(cameras)


def _container(file: Path) -> str:
    try:
        return container(file)
    except (DatasetError, OSError):
        return "unreadable"
