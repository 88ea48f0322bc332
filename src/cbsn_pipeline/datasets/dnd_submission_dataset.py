"""DND's submission: one MATLAB file per image, each with its denoised crops."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from kedro.io import AbstractVersionedDataset, DatasetError, Version
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.dnd.boxes import is_whole_set
from cbsn_pipeline.benchmarks.dnd.folder import image_file_name
from cbsn_pipeline.benchmarks.dnd.submission import (
    ARCHIVE_FILE,
    BUNDLE_FOLDER,
    PARTIAL_ARCHIVE_FILE,
    bundle,
    check_crop,
    unbundle,
)
from cbsn_pipeline.formats.checks import check_file, check_folder
from cbsn_pipeline.formats.new_folder import write_new_folder
from cbsn_pipeline.formats.zip_file import write_zip_checked

Float32 = NDArray[np.float32]

FACTS_FILE = "facts.json"


@dataclass(frozen=True)
class DenoisedImage:
    """The crops of one image, before and after.

    Attributes:
        image: Which image, counted from 0.
        noisy: (size, size, 3) float32 in [0, 1] per box, in the order of the boxes.
        denoised: The same, denoised.
    """

    image: int
    noisy: Sequence[Float32]
    denoised: Sequence[Float32]


class DndSubmission(Protocol):
    """What is written: images one after the other, so that memory stays flat."""

    num_images: int
    num_boxes: int
    zip: bool

    def __iter__(self) -> Iterator[DenoisedImage]: ...

    def facts(self) -> dict[str, Any]:
        """What a reader must know of the submission, for JSON; after iterating."""


class SavedDndSubmission:
    """A submission on disk, read image by image.

    Args:
        path: The folder that holds ``bundled``.

    Raises:
        DatasetError: It is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path / BUNDLE_FOLDER
        check_folder(self.folder, expected="the bundled files of a DND submission")

    def facts(self) -> dict[str, Any]:
        """Read what was noted when it was made; empty for an older submission.

        Raises:
            DatasetError: The note is damaged.
        """
        path = self.path / FACTS_FILE
        if not path.exists():
            return {}
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DatasetError(
                f"{path} is damaged: {error}. Make the submission again."
            ) from error
        return facts

    def archive(self) -> Path | None:
        """Name the zip of the bundled files, where there is one."""
        return next(iter(self.path.glob("*.zip")), None)

    def check_files(self, num_images: int) -> None:
        """Raise unless the folder holds exactly 0001.mat to the last, and no more.

        Raises:
            ValueError: A file is missing or does not belong there.
        """
        expected = {image_file_name(i + 1) for i in range(num_images)}
        found = {file.name for file in self.folder.iterdir()}
        if found != expected:
            raise ValueError(
                f"{self.folder} holds {len(found)} files; expected {num_images}, "
                f"0001.mat to {image_file_name(num_images)}. Missing: "
                f"{_some(expected - found)}; not expected: {_some(found - expected)}. "
                "Make the submission again: the site takes exactly these files."
            )

    def read(self, image: int, *, num_boxes: int) -> list[NDArray[Any]]:
        """Read the crops of one image (counted from 0), as they were written.

        Raises:
            DatasetError: The file is missing or truncated.
            ValueError: Its content is not that of a bundle.
        """
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError

        path = self.folder / image_file_name(image + 1)
        check_file(path, expected="the denoised crops of one DND image")
        try:
            content = loadmat(path)
        except (MatReadError, ValueError, TypeError, OSError) as error:
            raise DatasetError(
                f"{path} is truncated or damaged: {error}. Make the submission again."
            ) from error
        return unbundle(content, where=str(path), num_boxes=num_boxes)


class DndSubmissionDataset(AbstractVersionedDataset[DndSubmission, SavedDndSubmission]):
    """Saves a submission to DND; loads what was saved, image by image.

    Every file is read back and checked against the noisy crops that it was made of
    while they are at hand. The folder has its name only after all of them passed: a
    failed or interrupted save leaves nothing.

    Example for catalog.yml::

        dnd_submission:
          type: cbsn_pipeline.datasets.DndSubmissionDataset
          filepath: data/07_model_output/sidd/dnd_submission
          versioned: true
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def load(self) -> SavedDndSubmission:
        return SavedDndSubmission(Path(self._get_load_path()))

    def save(self, data: DndSubmission) -> None:
        final = Path(self._get_save_path())
        with write_new_folder(final, what="submission") as partial:
            _write_checked(partial, data)

    def _exists(self) -> bool:
        return Path(self._get_load_path()).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def check_bundle(
    saved: SavedDndSubmission, image: int, noisy: Sequence[Float32]
) -> list[Float32]:
    """Read one bundled file back and check every crop against its noisy one.

    Args:
        saved: The submission.
        image: Which image, counted from 0.
        noisy: Its noisy crops, (size, size, 3) float32 in [0, 1], in box order.

    Returns:
        The denoised crops.

    Raises:
        ValueError: Key, number, shape, type, range, NaN or content is wrong.
        DatasetError: The file is missing or truncated.
    """
    crops = saved.read(image, num_boxes=len(noisy))
    for box, (crop, noisy_crop) in enumerate(zip(crops, noisy, strict=True), start=1):
        where = f"{saved.folder / image_file_name(image + 1)}, box {box}"
        check_crop(crop, noisy_crop, where)
    return crops


def _write_checked(path: Path, submission: DndSubmission) -> None:
    from scipy.io import savemat

    folder = path / BUNDLE_FOLDER
    folder.mkdir()
    saved = SavedDndSubmission(path)
    for item in submission:
        _check_count(item, submission.num_boxes)
        file = folder / image_file_name(item.image + 1)
        savemat(file, bundle(item.denoised))
        check_bundle(saved, item.image, item.noisy)
    saved.check_files(submission.num_images)
    if submission.zip:
        whole = is_whole_set(submission.num_images, submission.num_boxes)
        name = ARCHIVE_FILE if whole else PARTIAL_ARCHIVE_FILE
        write_zip_checked(path / name, sorted(folder.iterdir()))
    facts = json.dumps(submission.facts(), indent=2)
    (path / FACTS_FILE).write_text(facts, encoding="utf-8")


def _check_count(item: DenoisedImage, num_boxes: int) -> None:
    if not len(item.denoised) == len(item.noisy) == num_boxes:
        raise ValueError(
            f"Image {item.image + 1} has {len(item.denoised)} denoised and "
            f"{len(item.noisy)} noisy crops; expected {num_boxes} of both."
        )


def _some(names: set[str]) -> str:
    return ", ".join(sorted(names)[:5]) or "none"
