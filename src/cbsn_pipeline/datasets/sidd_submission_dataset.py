"""SIDD's submission: the denoised benchmark blocks in the layouts of its sites."""

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np
from kedro.io import AbstractVersionedDataset, DatasetError, Version
from numpy.typing import NDArray

from cbsn_pipeline.benchmarks.sidd.submission import (
    Layout,
    check_denoised_block,
    is_whole_set,
    layout_file,
)
from cbsn_pipeline.formats.blocks_spool import BlocksSpool
from cbsn_pipeline.formats.checks import check_file, check_folder, file_sha256
from cbsn_pipeline.formats.new_folder import write_new_folder
from cbsn_pipeline.formats.sidd_layouts import Extras, write_layout_checked
from cbsn_pipeline.formats.zip_file import write_zip_checked

logger = logging.getLogger(__name__)

Blocks = NDArray[np.uint8]

FACTS_FILE = "facts.json"


@dataclass(frozen=True)
class DenoisedBlocks:
    """The blocks of one image, before and after.

    Attributes:
        image: Which image, counted from 0.
        noisy: (blocks, 256, 256, 3) uint8.
        denoised: The same, denoised.
    """

    image: int
    noisy: Blocks
    denoised: Blocks


class SiddSubmission(Protocol):
    """What is written: images one after the other, so that memory stays flat."""

    num_images: int
    num_blocks: int
    layouts: Sequence[Layout]
    zip: bool

    def __iter__(self) -> Iterator[DenoisedBlocks]: ...

    def seconds_per_megapixel(self) -> float:
        """Measured while it was iterated."""

    def optional_data(self) -> Mapping[str, str]:
        """Texts by the names of ``OPTIONAL_FIELDS``."""

    def facts(self) -> dict[str, Any]:
        """What a reader must know of the submission, for JSON; after iterating."""


class SavedSiddSubmission:
    """A submission on disk.

    Args:
        path: The folder with one folder per layout.

    Raises:
        DatasetError: It or its list of facts is not there or damaged.
    """

    def __init__(self, path: Path) -> None:
        check_folder(path, expected="a submission to SIDD")
        self.path = path
        check_file(path / FACTS_FILE, expected="the facts of a submission")
        try:
            self.facts: dict[str, Any] = json.loads((path / FACTS_FILE).read_text())
        except ValueError as error:
            raise DatasetError(
                f"{path / FACTS_FILE} is damaged: {error}. Make the submission again."
            ) from error

    def describe_files(self) -> dict[str, dict[str, Any]]:
        """Give ``bytes`` and ``sha256`` of every file to upload, by relative name."""
        files = sorted(
            file
            for file in self.path.rglob("*")
            if file.is_file() and file.name != FACTS_FILE
        )
        return {
            file.relative_to(self.path).as_posix(): {
                "bytes": file.stat().st_size,
                "sha256": file_sha256(file),
            }
            for file in files
        }


class SiddSubmissionDataset(
    AbstractVersionedDataset[SiddSubmission, SavedSiddSubmission]
):
    """Saves a submission to SIDD in one or more layouts; loads what was saved.

    Denoised blocks are checked against the noisy ones as they come and kept in a file
    beside; each layout is written from there, read back and compared. The folder has
    its name only after all of them passed: a failed or interrupted save leaves nothing.

    Example for catalog.yml::

        sidd_submission:
          type: cbsn_pipeline.datasets.SiddSubmissionDataset
          filepath: data/07_model_output/sidd/sidd_submission
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

    def load(self) -> SavedSiddSubmission:
        return SavedSiddSubmission(Path(self._get_load_path()))

    def save(self, data: SiddSubmission) -> None:
        final = Path(self._get_save_path())
        with write_new_folder(final, what="submission") as partial:
            spool = _fill_spool(partial / "spool", data)
            seconds = _write_layouts(partial, data, spool)
            spool.path.unlink()
            facts = data.facts() | {
                "pixel_sha256": spool.pixel_sha256,
                "seconds_writing_and_reading_back": seconds,
            }
            (partial / FACTS_FILE).write_text(json.dumps(facts, indent=2))

    def _exists(self) -> bool:
        return Path(self._get_load_path()).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def _fill_spool(path: Path, submission: SiddSubmission) -> BlocksSpool:
    spool = BlocksSpool(
        path, num_images=submission.num_images, num_blocks=submission.num_blocks
    )
    for expected, item in enumerate(submission):
        if item.image != expected:
            raise ValueError(f"Image {item.image} came where {expected} was expected.")
        if not len(item.denoised) == len(item.noisy) == submission.num_blocks:
            raise ValueError(
                f"Image {item.image} has {len(item.denoised)} denoised and "
                f"{len(item.noisy)} noisy blocks; expected {submission.num_blocks} of "
                "both."
            )
        pairs = zip(item.denoised, item.noisy, strict=True)
        for number, (denoised, noisy) in enumerate(pairs):
            where = f"image {item.image}, block {number}"
            check_denoised_block(denoised, noisy, where)
        spool.append(item.denoised)
    spool.check_complete()
    return spool


def _write_layouts(
    folder: Path, submission: SiddSubmission, spool: BlocksSpool
) -> dict[str, float]:
    """Write and check every layout; return the seconds that each took."""
    whole_set = is_whole_set(spool.num_images, spool.num_blocks)
    extras = Extras(submission.seconds_per_megapixel(), submission.optional_data())
    seconds: dict[str, float] = {}
    for layout in submission.layouts:
        start = time.perf_counter()
        path = folder / layout_file(layout, whole_set=whole_set)
        path.parent.mkdir()
        write_layout_checked(layout, path, spool, extras)
        if submission.zip:
            write_zip_checked(path.with_name(f"{path.name}.zip"), [path])
        seconds[layout] = time.perf_counter() - start
        logger.info("%s: written and read back in %.1f s", layout, seconds[layout])
    return seconds
