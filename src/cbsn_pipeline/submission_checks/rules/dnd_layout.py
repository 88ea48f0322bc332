"""The bundle of DND: its file names, and the variables of one file."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from cbsn_pipeline.benchmarks.dnd.folder import image_file_name
from cbsn_pipeline.benchmarks.dnd.submission import BUNDLE_VARIABLE, EVAL_VERSION
from cbsn_pipeline.findings import Finding

_CROP = re.compile(r"\d+_\d+\.mat")
_NUMBER = re.compile(r"(\d+)\.mat")
NOT_BUNDLED_NAMES = ("Idenoised_crop", "denoised_crop", "denoised", "InoisySRGB")
SOME = 5  # names listed in a message


def check_names(names: Collection[str], num_images: int, where: str) -> list[Finding]:
    """Check which files are there.

    Args:
        names: Of all files of the folder or zip.
        num_images: How many images the data set has.
        where: The folder or zip, for the findings.
    """
    expected = {image_file_name(image + 1) for image in range(num_images)}
    crops = sorted(name for name in names if _CROP.fullmatch(name))
    if crops and not expected & set(names):
        return [_unbundled(crops, num_images, where)]
    findings = [_missing(name, where) for name in sorted(expected - set(names))]
    others = sorted(set(names) - expected)
    if findings and "0000.mat" in others:
        return [_from_zero(num_images, where)]
    return findings + [_superfluous(name, where, expected) for name in others]


def _from_zero(num_images: int, where: str) -> Finding:
    last = image_file_name(num_images)
    return Finding(
        "error",
        "file_name",
        where,
        "0000.mat",
        f"Expected 0001.mat to {last}; there is 0000.mat and no {last}.",
        "Images were counted from 0.",
        "Name the file of image i (from 0) with i + 1; the others would be taken for "
        "the image before.",
        num_images,
    )


def _missing(name: str, where: str) -> Finding:
    return Finding(
        "error",
        "file_missing",
        where,
        name,
        f"Expected a file {name}; it is not there.",
        "Writing stopped early, or files were copied in part.",
        "Bundle every image.",
    )


def _superfluous(name: str, where: str, expected: Collection[str]) -> Finding:
    number = _NUMBER.fullmatch(name)
    near = number and image_file_name(int(number[1])) in expected
    return Finding(
        "error",
        "file_name" if near else "file_superfluous",
        where,
        name,
        f"Expected only 0001.mat to {image_file_name(len(expected))}; there is {name}.",
        "Numbers were written without leading zeros."
        if near
        else "It is left from something else (systems hide files such as .DS_Store).",
        "Use %04d.mat." if near else "Remove it before uploading.",
    )


def _unbundled(crops: list[str], num_images: int, where: str) -> Finding:
    return Finding(
        "error",
        "unbundled",
        where,
        "",
        f"Expected {num_images} bundled files 0001.mat, ...; there are {len(crops)} "
        f"files of single crops: {', '.join(crops[:SOME])}.",
        "The last step, bundling, was left out: the kit's bundle_submissions_srgb.",
        "Bundle the crops of each image into one file, and upload those.",
        len(crops),
    )


def check_container(got: str, file: str) -> list[Finding]:
    """Warn of HDF5: scipy, and with it a site in Python, does not read it."""
    if got == "v5":
        return []
    return [
        Finding(
            "warning",
            "container",
            file,
            "",
            f"Expected a MATLAB v5 file, as the kit writes; it is {got} (HDF5).",
            "It was saved with '-v7.3', or by h5py.",
            "Save with scipy.io.savemat, or with save(..., '-v7') in MATLAB.",
        )
    ]


def check_variables(found: Collection[str], file: str) -> list[Finding]:
    """Check that the three variables are there."""
    findings = []
    for name in (BUNDLE_VARIABLE, "israw", "eval_version"):
        if name in found:
            continue
        wrong = [other for other in NOT_BUNDLED_NAMES if other in found]
        renamed = bool(wrong) and name == BUNDLE_VARIABLE
        findings.append(
            Finding(
                "error",
                "variable_name" if renamed else "variable_missing",
                file,
                name,
                f"Expected {BUNDLE_VARIABLE}, israw and eval_version; the file has "
                f"{', '.join(sorted(found)[:SOME]) or 'no variables'}.",
                "It holds a single crop, or a script's own name was kept."
                if renamed
                else "The file was not written by the kit's bundling.",
                f"Save it as {name}.",
            )
        )
    return findings


def check_cell(
    kind: str, shape: tuple[int, ...], num_boxes: int, file: str
) -> list[Finding]:
    """Check the cell of crops: 1 x boxes."""
    if kind == "cell" and shape == (1, num_boxes):
        return []
    if kind != "cell":
        return [
            Finding(
                "error",
                "not_a_cell",
                file,
                BUNDLE_VARIABLE,
                f"Expected a cell of 1 x {num_boxes}; got {kind} of {shape}.",
                "Crops were stacked into one array: numpy does so with a list of equal "
                "shapes (np.object is gone; np.array(crops, dtype=object) stacks too).",
                "Fill np.empty((1, n), dtype=object) crop by crop.",
            )
        ]
    column = shape == (num_boxes, 1)
    return [
        Finding(
            "error",
            "cell_shape",
            file,
            BUNDLE_VARIABLE,
            f"Expected a cell of 1 x {num_boxes}; got {shape}.",
            "It is a column, not a row."
            if column
            else "Crops are missing, or too many.",
            "Save one crop per box, in one row. Another number of boxes must be "
            "declared, by check_submission.dnd_num_boxes.",
        )
    ]


def check_flags(values: Mapping[str, Any], file: str) -> list[Finding]:
    """Check ``israw`` and ``eval_version``, as far as they are there."""
    findings = []
    if "israw" in values and not _is_false(values["israw"]):
        findings.append(
            Finding(
                "error",
                "israw",
                file,
                "israw",
                f"Expected a logical 0, 1x1: the sRGB track; got "
                f"{_show(values['israw'])}.",
                "It was made for the track of raw images, or with another type.",
                "Save israw = false (np.array([[False]])).",
            )
        )
    if "eval_version" in values and values["eval_version"] != EVAL_VERSION:
        findings.append(
            Finding(
                "error",
                "eval_version",
                file,
                "eval_version",
                f"Expected the text '{EVAL_VERSION}'; got "
                f"{_show(values['eval_version'])}.",
                "A number was saved in place of text, or another version of the kit.",
                f"Save eval_version = '{EVAL_VERSION}'.",
            )
        )
    return findings


def _is_false(value: object) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.size == 1
        and value.dtype.kind in "biuf"
        and not value.any()
    )


def _show(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.reshape(-1)[:SOME].tolist()} ({value.dtype}, {value.shape})"
    return repr(value)[:80]
