"""Finds out what kind of submission a file or folder is, and opens its parts."""

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

from kedro.io import DatasetError

from cbsn_pipeline.benchmarks.dnd.submission import BUNDLE_FOLDER, BUNDLE_VARIABLE
from cbsn_pipeline.benchmarks.sidd.submission import ARRAY_VARIABLE, CELL_VARIABLE
from cbsn_pipeline.formats.mat_file import HDF5_SIGNATURE
from cbsn_pipeline.formats.text_lines import READ_ERRORS, ZIP_MARK, is_content
from cbsn_pipeline.submission_checks.expected import Kind
from cbsn_pipeline.submission_checks.mat_contents import READ_LIMIT, MatContents

SEARCH_DEPTH = 5  # folders below the one that was named
SEARCHED = 20_000  # entries, at most
_DND_FILE = re.compile(r"\d+(_\d+)?\.mat")
_CANDIDATE = re.compile(
    r".*\.(csv|csv\.gz|csv\.zip|zip)|SubmitSrgb.*\.mat", re.IGNORECASE
)


@contextmanager
def located(
    path: Path, kind: Kind | Literal["auto"]
) -> Iterator[tuple[Kind, Path, Path]]:
    """Find the submission at a path, what kind it is, and what of it can be read.

    Args:
        path: A file; a zip; a folder that is the submission or holds one.
        kind: What it is; ``auto`` to find out.

    Yields:
        The kind; the file or folder that is checked, as the user knows it; and where
        to read it: a .mat in a zip is unpacked meanwhile.

    Raises:
        DatasetError: There is none, several, or it cannot be opened.
    """
    found = _find(path, kind)
    with _unzipped_mat(found) as readable:
        if readable.is_dir():
            yield "dnd", found, readable
        else:
            yield _kind_of_file(readable) if kind == "auto" else kind, found, readable


def _find(path: Path, kind: Kind | Literal["auto"]) -> Path:
    """Look into folders for the submission."""
    if not path.exists():
        raise DatasetError(
            f"{path} does not exist; expected a submission: a CSV file for Kaggle, "
            "SubmitSrgb.mat, or the folder or zip of DND's bundled files."
        )
    if path.is_dir():
        if kind in ("auto", "dnd") and _is_bundle(path):
            return path
        return _find(_only_candidate(path), kind)
    return path


@contextmanager
def _unzipped_mat(path: Path) -> Iterator[Path]:
    """Give the path, or that of the one .mat that a zip holds, unpacked meanwhile."""
    members = _members(path) if path.is_file() and zipfile.is_zipfile(path) else []
    names = [PurePosixPath(member).name.lower() for member in members]
    one_mat = len(names) == 1 and names[0].endswith(".mat")
    if not one_mat or _DND_FILE.fullmatch(names[0]):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "member.mat"  # never a name that a zip gives
        _unpack(path, members[0], target)
        yield target


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return [name for name in archive.namelist() if is_content(name)]
    except READ_ERRORS as error:
        raise DatasetError(f"{path} cannot be unzipped: {error}.") from error


def _unpack(path: Path, member: str, target: Path) -> None:
    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(member) as packed,
            target.open("wb") as file,
        ):
            if archive.getinfo(member).file_size > READ_LIMIT:
                raise DatasetError(
                    f"{path}: {member} unpacks to more than {READ_LIMIT:,} bytes: not "
                    "read."
                )
            shutil.copyfileobj(packed, file)
    except READ_ERRORS as error:
        raise DatasetError(f"{path}: {member} is damaged: {error}.") from error


def _is_bundle(folder: Path) -> bool:
    if (folder / BUNDLE_FOLDER).is_dir():
        return True
    return any(_DND_FILE.fullmatch(file.name) for file in folder.iterdir())


def _only_candidate(folder: Path) -> Path:
    found = sorted(_candidates(folder, SEARCH_DEPTH))
    if len(found) == 1:
        return found[0]
    listed = ", ".join(str(path.relative_to(folder)) for path in found[:5])
    raise DatasetError(
        f"{folder} holds {len(found)} submissions ({listed or 'none'}); expected one, "
        "a CSV file for Kaggle, SubmitSrgb.mat, or the folder or zip of DND's bundled "
        "files. Name the file itself."
    )


def _candidates(folder: Path, depth: int) -> Iterator[Path]:
    for number, item in enumerate(folder.iterdir()):
        if number > SEARCHED or item.is_symlink():
            continue
        if item.is_dir():
            if _is_bundle(item):
                yield item
            elif depth:
                yield from _candidates(item, depth - 1)
        elif _CANDIDATE.fullmatch(item.name):
            yield item


def _kind_of_file(path: Path) -> Kind:
    with path.open("rb") as file:
        start = file.read(2048 + len(HDF5_SIGNATURE))
    if start.startswith(ZIP_MARK):
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name).name for name in archive.namelist()]
        return "dnd" if any(map(_DND_FILE.fullmatch, names)) else "kaggle"
    if start.startswith(b"MATLAB") or HDF5_SIGNATURE in start:
        return _kind_of_mat(path)
    return "kaggle"


def _kind_of_mat(path: Path) -> Kind:
    found = MatContents(path).variables
    if CELL_VARIABLE in found:
        return "legacy_cell"
    if BUNDLE_VARIABLE in found or _DND_FILE.fullmatch(path.name):
        raise DatasetError(
            f"{path} is one file of DND; expected the folder or zip of all of them. "
            f"Name the folder, {path.parent}."
        )
    if ARRAY_VARIABLE in found:
        return "legacy_array"
    cells = any(variable.kind == "cell" for variable in found.values())
    return "legacy_cell" if cells else "legacy_array"


class BundleFiles:
    """The files of a DND submission, in a folder or a zip.

    Args:
        path: The folder ``bundled``, one that holds it, or a zip of either.

    Raises:
        DatasetError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._members: dict[str, str] = {}
        if path.is_dir():
            inner = path / BUNDLE_FOLDER
            self.path = inner if inner.is_dir() else path
            self.names = sorted(file.name for file in self.path.iterdir())
            return
        members = _members(path)
        bundled = [n for n in members if BUNDLE_FOLDER in PurePosixPath(n).parts[:-1]]
        self._members = {PurePosixPath(n).name: n for n in bundled or members}
        self.names = sorted(self._members)

    @contextmanager
    def open(self, name: str) -> Iterator[Path]:
        """Give the path of a file; one in a zip is unpacked while it is used.

        Raises:
            DatasetError: It cannot be unpacked, or is too large.
        """
        if not self._members:
            yield self.path / name
            return
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "member.mat"  # never a name that a zip gives
            _unpack(self.path, self._members[name], target)
            yield target
