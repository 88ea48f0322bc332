"""Examines photographs: a folder, a file or a glob."""

import glob
from dataclasses import replace
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.findings import Finding, Severity
from cbsn_pipeline.noisy_images.photos import READ_BYTES
from cbsn_pipeline.photos.files import find_photo_files
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.raw_data_checks.examination import Examination, Part, count
from cbsn_pipeline.raw_data_checks.pictures import Look, look_at_file
from cbsn_pipeline.raw_data_checks.places import (
    check_zips,
    list_files,
    missing,
    zips_beside,
)
from cbsn_pipeline.threads import map_in_order, num_workers

# Photographs of other formats: whoever has them here expects them to be read.
UNREAD = {".psd", ".xcf", ".jxl", ".jp2", ".gif", ".exr", ".hdr"}
LITTLE_NOISE = 0.25  # levels of 255; SIDD's noisy blocks have 1.7 and more
GREY_CHANNELS = 2  # the most of a grey photograph: grey and alpha


def examine(part: Part, *, thorough: bool, workers: int) -> Examination:
    """Look at every photograph's header; when thorough, at every pixel."""
    seen = Examination(part)
    is_glob = not part.path.exists() and glob.has_magic(str(part.path))
    if not (part.path.exists() or is_glob):
        seen.findings = [
            *missing(part),
            *check_zips(
                part, zips_beside(part.path), data_there=False, thorough=thorough
            ),
        ]
        return seen
    try:
        files, root = find_photo_files(part.path)
    except DatasetError as error:
        code = "no_photos" if part.path.is_dir() else "missing"
        severity: Severity = "error" if part.required else "note"
        seen.findings.append(part.from_error(error, code, severity=severity))
        files, root = [], part.path
    seen.found = bool(files)
    if part.path.is_dir():
        seen.findings += _other_files(part, data_there=seen.found, thorough=thorough)
    looks = _look_at_images(seen, files, root, thorough=thorough, workers=workers)
    if seen.found:
        seen.describe_images()
        seen.facts |= {
            "noisy_files": len(files),
            "bytes": sum(file.stat().st_size for file in files if file.exists()),
            "formats": count(k.header.format for k in looks if k.header),
        }
        seen.findings += _kinds(part, looks)
        if "training" in part.roles:
            seen.findings += _too_small(seen)
    return seen


def _other_files(part: Part, *, data_there: bool, thorough: bool) -> list[Finding]:
    files, findings = list_files(part)
    unread = [file for file in files if file.suffix.lower() in UNREAD]
    findings += [
        part.finding(
            *("warning", "unsupported_file", file),
            what="It is a picture of a format that is not read (docs/photos.md).",
            cause="It is a working file of an editor, or of another kind.",
            remedy="Export it to PNG or 16-bit TIFF, without noise reduction.",
        )
        for file in unread
    ]
    paths = [part.path / file for file in files]
    return findings + check_zips(part, paths, data_there=data_there, thorough=thorough)


def _look_at_images(
    seen: Examination, files: list[Path], root: Path, *, thorough: bool, workers: int
) -> list[Look]:
    part, looks = seen.part, []
    threads = num_workers(workers, item_bytes=READ_BYTES if thorough else 0)

    def look(file: Path) -> Look:
        name = file.relative_to(root).as_posix()
        return look_at_file(part, file, name, thorough=thorough)

    with Progress(f"Looking at {part.name}", total=len(files), unit="images") as bar:
        for found in map_in_order(look, files, workers=threads):
            looks.append(replace(found, findings=[]))
            seen.images += [found.facts] if found.facts else []
            seen.findings += found.findings
            bar.advance(1)
    return looks


def _kinds(part: Part, looks: list[Look]) -> list[Finding]:
    """Notes on what is treated in a way that one should know of."""
    seen = [(k.header, k.facts) for k in looks if k.header and k.facts]
    findings = []
    for header, facts in seen:
        if header.dtype == "uint16":
            findings.append(_note(part, "sixteen_bits", facts.name, *_SIXTEEN_BITS))
        if header.channels <= GREY_CHANNELS:
            findings.append(_note(part, "grey", facts.name, *_GREY))
        if facts.flat_level is not None and 0 < facts.flat_level < LITTLE_NOISE:
            findings.append(_note(part, "little_noise", facts.name, *_LITTLE_NOISE))
    sizes = count(f"{facts.height}x{facts.width}" for _, facts in seen)
    if len(sizes) > 1:
        what = f"{len(sizes)} sizes are mixed: {', '.join(list(sizes)[:5])}."
        findings.append(_note(part, "mixed_sizes", "", what, *_MIXED_SIZES))
    return findings


def _too_small(seen: Examination) -> list[Finding]:
    side = seen.part.expected.patch_size or 1
    small = [image for image in seen.images if min(image.height, image.width) < side]
    everything = len(small) == len(seen.images)
    return [
        seen.part.finding(
            *("error" if everything else "warning", "too_small", image.name),
            what=f"It has {image.height}x{image.width} pixels; a patch needs {side}x"
            f"{side} (patches.patch_size and twice patches.border).",
            cause="It is a thumbnail, or a crop.",
            remedy="Use the full photograph, or lower patches.patch_size.",
        )
        for image in small
    ]


_SIXTEEN_BITS = (
    "It has 16 bits per channel.",
    "",
    "It is read as float32 in [0, 1]; all patches become float32, four times as large.",
)
_GREY = (
    "It has one colour channel.",
    "It is a grey photograph.",
    "It is read with that channel three times. A network for colour learns little "
    "from it.",
)
_LITTLE_NOISE = (
    f"Its flattest parts show noise below {LITTLE_NOISE} levels of 255.",
    "It was denoised by the camera, averaged, made smaller, or strongly compressed.",
    "Nothing is wrong with the file, but there is little in it to learn noise from.",
)
_MIXED_SIZES = ("They are from several cameras, or were cropped.", "All are read.")


def _note(part: Part, code: str, name: str, *texts: str) -> Finding:
    what, cause, remedy = texts
    return part.finding("note", code, name, what=what, cause=cause, remedy=remedy)
