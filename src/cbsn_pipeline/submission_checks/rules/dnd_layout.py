"""The bundle of DND: its file names, and the variables of one file."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from cbsn_pipeline.benchmarks.dnd.folder import image_file_name
from cbsn_pipeline.benchmarks.dnd.submission import BUNDLE_VARIABLE, EVAL_VERSION
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.report import report

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
        finding = report(
            *("unbundled", where),
            count=len(crops),
            expected=num_images,
            number=len(crops),
            got=", ".join(crops[:SOME]),
        )
        return [finding]
    missing = sorted(expected - set(names))
    findings = [report("file_missing", where, name, name=name) for name in missing]
    others = sorted(set(names) - expected)
    if findings and "0000.mat" in others:
        last = image_file_name(num_images)
        zero = ("file_name/from_zero", where, "0000.mat")
        return [report(*zero, count=num_images, last=last)]
    return findings + [_superfluous(name, where, expected) for name in others]


def _superfluous(name: str, where: str, expected: Collection[str]) -> Finding:
    number = _NUMBER.fullmatch(name)
    near = number and image_file_name(int(number[1])) in expected
    return report(
        "file_name" if near else "file_superfluous",
        where,
        name,
        last=image_file_name(len(expected)),
        got=name,
    )


def check_container(got: str, file: str) -> list[Finding]:
    """Warn of HDF5: scipy, and with it a site in Python, does not read it."""
    if got == "v5":
        return []
    return [report("container/dnd", file, got=got)]


def check_variables(found: Collection[str], file: str) -> list[Finding]:
    """Check that the three variables are there."""
    findings = []
    for name in (BUNDLE_VARIABLE, "israw", "eval_version"):
        if name in found:
            continue
        wrong = [other for other in NOT_BUNDLED_NAMES if other in found]
        renamed = bool(wrong) and name == BUNDLE_VARIABLE
        findings.append(
            report(
                "variable_name" if renamed else "variable_missing/dnd",
                file,
                name,
                expected=BUNDLE_VARIABLE,
                found=", ".join(sorted(found)[:SOME]) or "no variables",
                name=name,
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
        name = "not_a_cell/dnd"
    else:
        column = shape == (num_boxes, 1)
        name = "cell_shape/column" if column else "cell_shape/dnd"
    place = (name, file, BUNDLE_VARIABLE)
    return [report(*place, expected=num_boxes, kind=kind, got=shape)]


def check_flags(values: Mapping[str, Any], file: str) -> list[Finding]:
    """Check ``israw`` and ``eval_version``, as far as they are there."""
    findings = []
    if "israw" in values and not _is_false(values["israw"]):
        findings.append(report("israw", file, "israw", got=_show(values["israw"])))
    if "eval_version" in values and values["eval_version"] != EVAL_VERSION:
        got = _show(values["eval_version"])
        findings.append(
            report(
                *("eval_version", file, "eval_version"), expected=EVAL_VERSION, got=got
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
