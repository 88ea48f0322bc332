"""Checks the bundled files of DND: one image is in memory at a time."""

from pathlib import Path
from typing import Any

from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.boxes import CHANNELS
from cbsn_pipeline.benchmarks.dnd.folder import image_file_name
from cbsn_pipeline.benchmarks.dnd.submission import BUNDLE_VARIABLE
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.submission_checks.files import BundleFiles
from cbsn_pipeline.submission_checks.mat_contents import MatCell, MatContents
from cbsn_pipeline.submission_checks.noisy_input import NoisyCrops
from cbsn_pipeline.submission_checks.outcome import Outcome, input_unusable, unreadable
from cbsn_pipeline.submission_checks.rules import dnd_layout as layout
from cbsn_pipeline.submission_checks.rules.arrays import check_crop

CHECKED = (
    "file names",
    "container",
    f"variables ({BUNDLE_VARIABLE}, israw, eval_version)",
    "cell of crops",
    "shape, class and range of each crop",
)


def check_dnd(
    path: Path, outcome: Outcome, noisy: NoisyCrops | None, crop_size: int
) -> None:
    """Check a bundle.

    Args:
        path: Its folder, a folder that holds ``bundled``, or a zip of either.
        outcome: Takes findings and crops.
        noisy: The noisy crops, if they are at hand.
        crop_size: Height and width of a crop, in pixels.

    Raises:
        DatasetError: Folder or zip cannot be read.
    """
    outcome.checked += CHECKED
    files = BundleFiles(path)
    outcome.findings += layout.check_names(files.names, outcome.grid[0], outcome.file)
    with Progress("Checking", total=outcome.grid[0], unit="images") as bar:
        for image in range(outcome.grid[0]):
            if image_file_name(image + 1) in files.names:
                _check_file(files, image, outcome, noisy, crop_size)
            bar.advance()


def _check_file(
    files: BundleFiles,
    image: int,
    outcome: Outcome,
    noisy: NoisyCrops | None,
    crop_size: int,
) -> None:
    name = image_file_name(image + 1)
    try:
        with files.open(name) as path:
            contents = MatContents(path)
            if _check_variables(contents, name, outcome):
                crops = _read_noisy(noisy, image, outcome)
                _check_crops(contents, image, outcome, crops, crop_size)
    except DatasetError as error:
        outcome.findings.append(unreadable(name, error))


def _check_variables(contents: MatContents, name: str, outcome: Outcome) -> bool:
    """Check what is around the crops; and whether there is a cell of them."""
    found = contents.variables
    outcome.findings += layout.check_container(contents.container, name)
    outcome.findings += layout.check_variables(found, name)
    names = [name for name in found if name in ("israw", "eval_version")]
    flags = {key: contents.read(key) for key in names}
    outcome.findings += layout.check_flags(flags, name)
    cell = found.get(BUNDLE_VARIABLE)
    if cell is None:
        return False
    outcome.findings += layout.check_cell(cell.kind, cell.shape, outcome.grid[1], name)
    return cell.kind == "cell" and 1 in cell.shape


def _check_crops(
    contents: MatContents,
    image: int,
    outcome: Outcome,
    noisy: list[NDArray[Any]] | None,
    crop_size: int,
) -> None:
    cell: MatCell = contents.read(BUNDLE_VARIABLE)
    name = image_file_name(image + 1)
    is_row = cell.shape[0] == 1
    for box in range(min(max(cell.shape), outcome.grid[1])):
        item = cell.read((0, box) if is_row else (box, 0))
        where = f"crop {box + 1}"
        findings, levels = check_crop(
            item, (crop_size, crop_size, CHANNELS), file=name, index=where
        )
        outcome.findings += findings
        if levels is not None:
            outcome.add(
                levels,
                noisy[box] if noisy else None,
                place=image * outcome.grid[1] + box,
                name=where,
                file=name,
            )


def _read_noisy(
    noisy: NoisyCrops | None, image: int, outcome: Outcome
) -> list[NDArray[Any]] | None:
    if noisy is None:
        return None
    try:
        return noisy.crops(image)
    except (DatasetError, ValueError) as error:
        name = image_file_name(image + 1)
        outcome.findings.append(
            input_unusable(name, outcome.noisy or Path(), error, named=False)
        )
        return None
