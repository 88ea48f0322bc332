"""SIDD-Medium and SIDD-Small: a folder of PNG files per scene instance."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.sidd.names import parse_image_name, parse_scene_instance
from cbsn_pipeline.formats.checks import check_folder
from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.noisy_images.images import Image, NoisyImage, NoisyImages

logger = logging.getLogger(__name__)

EXPECTED = (
    "SIDD-Medium or SIDD-Small sRGB: folders such as 0001_001_S6_00100_00060_3200_L "
    "with NNNN_NOISY_SRGB_010.PNG or NOISY_SRGB_010.PNG in them"
)
MOST_FOLDERS = 20_000
READ_BYTES = 110 * 2**20  # the file and its 16 million pixels


def find(root: Path) -> NoisyImages:
    """List the noisy images below ``root``, however deep ``Data`` lies.

    Paths are given from the scene-instance folder on, so that unpacking the archive
    in another way does not make another data set of it.

    Raises:
        DatasetError: If there is none, a folder is misnamed, or one image occurs twice.
    """
    check_folder(root, expected=EXPECTED)
    files = list(_walk(root))
    noisy = [file for file in files if _is_noisy(file)]
    if not noisy:
        raise _nothing_found(root, files)
    _warn_of_ignored(root, files)
    images: dict[str, NoisyImage] = {}
    for file in noisy:
        image = _describe(file)
        if image.path in images:
            raise DatasetError(
                f"{image.path} occurs twice below {root}: as {images[image.path].file} "
                f"and as {file}. Expected one copy of the data set: name one of the "
                "two folders."
            )
        images[image.path] = image
    return NoisyImages(
        "sidd_medium", list(images.values()), read=_read, read_bytes=READ_BYTES
    )


def _walk(root: Path) -> Iterator[Path]:
    """List the files below ``root``, through links too, but no folder twice.

    Raises:
        DatasetError: There are so many folders that a link must lead out of the data.
    """
    seen: set[str] = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        if len(seen) > MOST_FOLDERS:
            raise DatasetError(
                f"{root} has more than {MOST_FOLDERS:,} folders below it, the last "
                f"seen is {folder}; SIDD has 160. Does a link in it lead to a whole "
                "disk? Name the folder of the data set itself."
            )
        yield from (Path(folder, name) for name in names)


def _is_noisy(file: Path) -> bool:
    parsed = parse_image_name(file.name)
    return parsed is not None and parsed.is_noisy


def _describe(file: Path) -> NoisyImage:
    try:
        parse_scene_instance(file.parent.name)
    except ValueError as error:
        raise DatasetError(f"{file.parent}: {error}") from error
    scene_instance = file.parent.name
    return NoisyImage(
        f"{scene_instance}/{file.name}", file, scene_instance=scene_instance
    )


def _read(image: NoisyImage) -> Image:
    pixels = read_rgb(image.file)
    if pixels.dtype != np.uint8:
        raise DatasetError(
            f"{image.file} holds {pixels.dtype} values; SIDD's sRGB images are uint8, "
            "0..255. Is it from another data set? Ingest it as `photos`."
        )
    return pixels


def _warn_of_ignored(root: Path, files: list[Path]) -> None:
    ignored = [
        file
        for file in files
        if "NOISY" in file.name.upper() and parse_image_name(file.name) is None
    ]
    if ignored:
        logger.warning(
            "%s: %d files have NOISY in their name but are not named as SIDD names "
            "them, and are not read; the first is %s.",
            *(root, len(ignored), ignored[0]),
        )


def _nothing_found(root: Path, files: list[Path]) -> DatasetError:
    names = [file.name.upper() for file in files]
    if any(name.endswith(".ZIP") for name in names):
        cause = "It holds a zip archive: unzip it here."
    elif any(parse_image_name(file.name) for file in files):
        cause = (
            "It holds only the clean images (GT): training needs the noisy ones. Name "
            "the folder that has both."
        )
    elif any("_RAW_" in name and name.endswith(".MAT") for name in names):
        cause = (
            "It holds SIDD's raw-RGB files (..._RAW_....MAT): fetch SIDD-Medium sRGB "
            "instead, docs/data.md says where."
        )
    else:
        example = f", for example {sorted(files)[0]}" if files else ""
        cause = (
            f"It holds {len(files)} other files{example}. Is it the right folder? "
            "Other photographs are of kind `photos`."
        )
    return DatasetError(
        f"{root} has no noisy image; expected {EXPECTED} (any depth). {cause}"
    )
