"""Looks whether a place is there, and lists what lies in it without stopping."""

import difflib
import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.sidd.medium import ZIP_BYTES, ZIP_MD5, ZIP_NAME
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.formats.checks import check_file
from cbsn_pipeline.raw_data_checks.examination import Part, near

ALIKE = 0.8  # of two names, from 0 to 1


def list_files(part: Part) -> tuple[list[PurePosixPath], list[Finding]]:
    """List the files below a folder, through links, no folder twice.

    Returns:
        Files relative to the folder, sorted, without broken links and hidden files;
        and findings on folders and links that lead nowhere or back.
    """
    root = part.path
    findings: list[Finding] = []
    files: list[PurePosixPath] = []
    seen: set[str] = set()

    def note_unreadable(error: OSError) -> None:
        findings.append(unreadable(part, error, _inside(root, Path(error.filename))))

    for name, subfolders, names in os.walk(
        root, followlinks=True, onerror=note_unreadable
    ):
        folder = Path(name)
        if (real := os.path.realpath(folder)) in seen:
            findings.append(_link_loop(part, _inside(root, folder)))
            subfolders.clear()
            continue
        seen.add(real)
        # "._x.PNG" are notes that macOS leaves behind
        for file in (folder / name for name in names if name[0] != "."):
            if file.is_symlink() and not file.exists():
                findings.append(_broken_link(part, _inside(root, file)))
            else:
                files.append(_inside(root, file))
    return sorted(files), findings


def first_look(part: Part, file: Path, index: object = "") -> Finding | None:
    """Say what is wrong with a file before its format matters; None if nothing is."""
    try:
        if file.is_symlink() and not file.exists():
            return _broken_link(part, index)
        if file.is_file() and file.stat().st_size == 0:
            code = "empty_file"
        else:
            code = "not_the_data"
        check_file(file, expected="the data")
    except PermissionError as error:
        return unreadable(part, error, index)
    except DatasetError as error:
        return part.from_error(error, code, index, path=file)
    return None


def missing(part: Part) -> list[Finding]:
    """Say that a part is not there, and what may be meant instead.

    Nothing is wrong with the absence of an optional part that nothing else resembles.
    """
    path = part.path
    known = next((parent for parent in path.parents if parent.is_dir()), Path("/"))
    alike = _names_alike(path)
    if not (part.required or alike):
        return []
    cause = f"The path exists as far as {near(known)}."
    if alike:
        cause = f"There is {' and '.join(map(near, alike))}: is it that?"
    finding = part.finding(
        *("error" if part.required else "note", "missing"),
        what=f"The {part.name} are not there; needed by {', '.join(part.needed_by)}.",
        cause=cause,
        remedy=f"To be had from {part.source}. Put it there, or correct the path in "
        "conf/<env>/globals.yml.",
    )
    return [finding]


def check_zips(
    part: Part, files: Iterable[Path], *, data_there: bool, thorough: bool
) -> list[Finding]:
    """Look at archives that lie about: still zipped, cut off, damaged.

    Args:
        part: What they may hold.
        files: Any files; those that are no archives are passed over.
        data_there: Whether unzipped data was found.
        thorough: Compare the MD5 sum too, where it is known.
    """
    findings = []
    for file in files:
        if file.suffix.lower() == ".zip" and file.is_file():
            wrong = _check_zip(part, file, thorough=thorough)
            findings.append(wrong or _still_zipped(part, file, data_there))
    return findings


def zips_beside(path: Path) -> list[Path]:
    """List the archives in the folder that a missing path should be in."""
    if not path.parent.is_dir():
        return []
    return sorted(p for p in path.parent.iterdir() if p.suffix.lower() == ".zip")


def unreadable(part: Part, error: OSError, index: object) -> Finding:
    """Say that the system refuses to open something."""
    return part.finding(
        *("error", "unreadable", index),
        what=f"It cannot be opened: {error.strerror or error}.",
        cause="Another user owns it, or the disk or network folder has a fault.",
        remedy="Give yourself the right to read (chmod -R u+rX), or copy it again.",
    )


def _check_zip(part: Part, file: Path, *, thorough: bool) -> Finding | None:
    size, name = file.stat().st_size, _inside(part.path, file)
    known = file.name.lower() == ZIP_NAME.lower()
    if (known and size != ZIP_BYTES) or not zipfile.is_zipfile(file):
        wanted = f"; expected {ZIP_BYTES:,}" if known else " without a directory at end"
        return part.finding(
            *("error", "zip_incomplete", name),
            what=f"The archive has {size:,} bytes{wanted}.",
            cause="The download was interrupted.",
            remedy="Fetch it again (wget -c goes on where it stopped), then unzip it.",
        )
    if known and thorough and (md5 := _md5(file)) != ZIP_MD5:
        return part.finding(
            *("error", "zip_damaged", name),
            what=f"The archive has MD5 {md5}; expected {ZIP_MD5}.",
            cause="It was damaged on its way: its size is right.",
            remedy="Fetch it again, then unzip it.",
        )
    return None


def _still_zipped(part: Part, file: Path, data_there: bool) -> Finding:
    return part.finding(
        *("note" if data_there else "error", "still_zipped", _inside(part.path, file)),
        what=f"{file.name} ({file.stat().st_size:,} bytes) is a zip archive.",
        cause="It was not unzipped, or kept after it was.",
        remedy="It can be removed once everything is unzipped."
        if data_there
        else f"Unzip it: unzip {file} -d {part.path}",
    )


def _md5(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(
            content, lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()


def _link_loop(part: Part, index: PurePosixPath) -> Finding:
    return part.finding(
        *("note", "link_loop", index),
        what="It is a link to a folder that was searched already.",
        cause="A link leads back into the data set.",
        remedy="Nothing is read twice; remove the link to be rid of this note.",
    )


def _broken_link(part: Part, index: object) -> Finding:
    return part.finding(
        *("error", "broken_link", index),
        what="It is a link that leads nowhere, or to itself.",
        cause="What it pointed to was moved, or is on a disk that is not mounted.",
        remedy="Mount the disk or make the link again.",
    )


def _names_alike(path: Path) -> list[Path]:
    if not path.parent.is_dir():
        return []
    plain = {p: _plain(p.name) for p in path.parent.iterdir()}
    close = difflib.get_close_matches(_plain(path.name), plain.values(), 2, ALIKE)
    return sorted(p for p, name in plain.items() if name in close)


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _inside(root: Path, path: Path) -> PurePosixPath:
    inside = path.relative_to(root) if path.is_relative_to(root) else path
    return PurePosixPath(inside.as_posix())
