"""Examines one file of SIDD's blocks."""

from pathlib import Path

import numpy as np
from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.formats.mat_file import container, list_variables
from cbsn_pipeline.formats.sidd_blocks import gt_spellings, read_blocks
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.raw_data_checks.examination import Examination, ImageFacts, Part
from cbsn_pipeline.raw_data_checks.pictures import describe_pixels
from cbsn_pipeline.raw_data_checks.places import first_look, missing, unreadable
from cbsn_pipeline.threads import map_in_order

NUMPY_NAMES = {"single": "float32", "double": "float64", "logical": "bool"}
BLOCK_AXES = 5


def examine(part: Part, *, thorough: bool, workers: int) -> Examination:
    """Look at container, variable, shape and type; when thorough, at every block."""
    seen = Examination(part)
    path = _present_spelling(part.path)
    if not (path.exists() or path.is_symlink()):
        seen.findings += missing(part)
        return seen
    seen.found = True
    if path != part.path:
        seen.findings.append(_other_spelling(part, path))
    if wrong := first_look(part, path):
        seen.findings.append(wrong)
        return seen
    seen.facts |= {"file": path.name, "bytes": path.stat().st_size}
    try:
        variable = _look_at_header(seen, path)
        if thorough and variable:
            _look_at_blocks(seen, path, variable, workers=workers)
    except DatasetError as error:
        seen.findings.append(part.from_error(error, "damaged_mat", path=path))
    except OSError as error:
        seen.findings.append(unreadable(part, error, ""))
    return seen


def _look_at_header(seen: Examination, path: Path) -> str | None:
    """Note what the file's header says; return the variable if it is sound."""
    part = seen.part
    seen.facts["container"] = kind = container(path)
    if kind == "v7.3":
        seen.findings.append(_saved_again(part))
    variables = list_variables(path)
    wanted = part.expected.variable or path.stem
    variable = next((n for n in gt_spellings(wanted) if n in variables), None)
    if variable is None and part.expected.variable is None:
        noisy = [name for name in variables if name.endswith("NoisyBlocksSrgb")]
        variable = noisy[0] if len(noisy) == 1 else None
    if variable is None:
        seen.findings.append(_wrong_variable(part, wanted, list(variables)))
        return None
    shape, name = variables[variable]
    dtype = NUMPY_NAMES.get(name, name)
    seen.facts |= {"variable": variable, "shape": list(shape), "dtypes": {dtype: 1}}
    if len(shape) == BLOCK_AXES:
        seen.facts["images"] = shape[0] * shape[1]
        seen.facts["sizes"] = {f"{shape[2]}x{shape[3]}": shape[0] * shape[1]}
    findings = _check_shape(part, path, shape, dtype)
    seen.findings += findings
    return None if findings else variable


def _check_shape(
    part: Part, path: Path, shape: tuple[int, ...], dtype: str
) -> list[Finding]:
    if dtype != "uint8":
        return [
            part.finding(
                *("error", "wrong_dtype", ""),
                what=f"It holds {dtype} values; SIDD's sRGB blocks are uint8, 0..255.",
                cause="It holds raw-RGB blocks, or was converted and saved again.",
                remedy="Fetch the published file, named ...BlocksSrgb.mat.",
            )
        ]
    header = np.broadcast_to(np.uint8(0), shape)  # takes no memory
    expected = part.expected
    try:
        check_blocks(header, source=path, num_images=None, num_blocks=None)
    except ValueError as error:
        return [part.from_error(error, "wrong_shape", path=path)]
    wanted = (expected.num_images or shape[0], expected.num_blocks or shape[1])
    if shape[:2] == wanted:
        return []
    return [
        part.finding(
            *("error", "wrong_count", ""),
            what=f"It holds {shape[0]} images x {shape[1]} blocks; expected "
            f"{wanted[0]} x {wanted[1]}.",
            cause="It is part of the set, or a set of your own.",
            remedy="Fetch the published file, or declare what it is: "
            f"validate.num_images={shape[0]}, validate.num_blocks={shape[1]} and "
            "validate.image_indices (conf/blocks/parameters_validate.yml shows how).",
        )
    ]


def _look_at_blocks(
    seen: Examination, path: Path, variable: str, *, workers: int
) -> None:
    blocks = read_blocks(path, variable)
    indices = list(np.ndindex(blocks.shape[:2]))

    def look(index: tuple[int, ...]) -> ImageFacts:
        return describe_pixels(str(list(index)), blocks[index])

    with Progress(
        f"Looking at {seen.part.name}", total=len(indices), unit="blocks"
    ) as bar:
        for facts in map_in_order(look, indices, workers=workers):
            seen.images.append(facts)
            bar.advance(1)
            if facts.level == 0:
                seen.findings.append(_constant(seen.part, facts.name))


def _present_spelling(path: Path) -> Path:
    spellings = [path.with_name(name) for name in gt_spellings(path.name)]
    return next((path for path in spellings if path.exists()), path)


def _other_spelling(part: Part, path: Path) -> Finding:
    return part.finding(
        *("note", "gt_spelling", ""),
        what=f"It is there as {path.name}, and is read.",
        cause="Guides spell Gt as GT; the published name is ...GtBlocksSrgb.mat.",
        remedy="Nothing is to be done.",
    )


def _saved_again(part: Part) -> Finding:
    return part.finding(
        *("note", "saved_again", ""),
        what="It is a MATLAB v7.3 (HDF5) file; the published one is v5.",
        cause="It was saved again by MATLAB or another program.",
        remedy="It is read; for scores to publish, prefer the published file.",
    )


def _wrong_variable(part: Part, wanted: str, present: list[str]) -> Finding:
    names = " ".join(present).lower()
    if "gtblocks" in names and "noisy" in wanted.lower():
        cause = "It is the file of clean blocks under the name of the noisy ones."
    elif "noisy" in names and "gt" in wanted.lower():
        cause = "It is the file of noisy blocks under the name of the clean ones."
    elif "raw" in names:
        cause = "It is the raw-RGB file."
    else:
        cause = "It is another file."
    return part.finding(
        *("error", "wrong_variable", ""),
        what=f"It has no variable {wanted}; it has {', '.join(present) or 'none'}.",
        cause=cause,
        remedy=f"Fetch {part.path.name} again, and do not rename such files.",
    )


def _constant(part: Part, index: str) -> Finding:
    return part.finding(
        *("warning", "constant_image", index),
        what="The block holds no detail and no noise at all.",
        cause="The file was written by half, or is not the published one.",
        remedy="Fetch it again.",
    )
