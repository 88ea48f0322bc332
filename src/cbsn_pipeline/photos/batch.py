"""Denoises many photographs, one after the other; a killed run goes on where it was."""

import csv
import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cbsn_pipeline.cbsn.denoiser import Denoiser
from cbsn_pipeline.formats.checks import file_sha256
from cbsn_pipeline.photos.denoising import denoise_photo, lost_colour
from cbsn_pipeline.photos.photo import FAILURES, read_photo, why
from cbsn_pipeline.photos.writing import write_photo
from cbsn_pipeline.progress import Progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """One photograph and what is to be made of it."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    """A line of the report.

    Attributes:
        source: The photograph.
        target: What was made of it.
        status: ``denoised``, ``failed``, or ``there``: made before, of the same bytes
            and with the same options.
        seconds: Reading, denoising and writing.
        megapixels: Of the photograph.
        window: Of the tone and colour given back, in pixels; 0 for none.
        strength: Of what was given back.
        lost_colour: Whether that was so much that the network lost colour.
        problem: Why it failed.
        key: Hash of the photograph, the denoiser and the options.
    """

    source: str
    target: str
    status: str
    seconds: float = 0.0
    megapixels: float = 0.0
    window: int = 0
    strength: float = 0.0
    lost_colour: bool = False
    problem: str = ""
    key: str = ""


class Report:
    """A CSV file with a line per photograph, appended when it is done.

    Args:
        path: The file; lines that are there are kept. None for no report.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._done: dict[str, str] = {}
        if path and path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                self._done = {
                    line["target"]: line["key"]
                    for line in csv.DictReader(file)
                    if line.get("status") in ("denoised", "there") and line.get("key")
                }

    def has(self, work: Work, key: str) -> bool:
        """Whether the result is there, and of the same bytes and options."""
        return work.target.exists() and self._done.get(str(work.target)) == key

    def add(self, outcome: Outcome) -> None:
        """Append a line."""
        if self.path is None:
            return
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Outcome)])
            if new:
                writer.writeheader()
            writer.writerow(asdict(outcome))


def denoise_batch(
    denoiser: Denoiser,
    works: Sequence[Work],
    report: Report,
    *,
    strength: float = 1.0,
    quality: int = 95,
    identity: str = "",
) -> Iterator[Outcome]:
    """Denoise photographs; one that fails is reported and the others go on.

    Nothing is overwritten: a target that is there and not of the report is a failure.

    Args:
        denoiser: The network, with the restitution that is wanted.
        works: What is to be made of what.
        report: Takes a line each; what it has is not made again.
        strength: See :func:`~.denoising.denoise_photo`.
        quality: Of JPEG files.
        identity: Of the denoiser and its options: another one makes everything again.

    Yields:
        What came of each.
    """
    with Progress("Denoising", total=len(works), unit="photos") as bar:
        for work in works:
            done = bar.completed + 1
            outcome = _denoise(denoiser, work, report, strength, quality, identity, bar)
            if outcome.status != "there":
                report.add(outcome)
            bar.advance(done - bar.completed)
            yield outcome


def _denoise(
    denoiser: Denoiser,
    work: Work,
    report: Report,
    strength: float,
    quality: int,
    identity: str,
    bar: Progress,
) -> Outcome:
    names = str(work.source), str(work.target)
    start = time.monotonic()
    try:
        options = f"{identity} {strength:g} {quality}"
        content = f"{file_sha256(work.source)} {options}".encode()
        key = hashlib.sha256(content).hexdigest()
        if report.has(work, key):
            return Outcome(*names, status="there", key=key)
        _check_free(work)
        photo = read_photo(work.source)
        height = photo.pixels.shape[0]
        result, picture = denoise_photo(
            denoiser,
            photo,
            strength=strength,
            advance=lambda rows: bar.advance(rows / height),
        )
        write_photo(work.target, result, quality=quality)
    except FAILURES as error:
        problem = why(work.source, error)
        logger.error("Not denoised: %s", problem)
        return Outcome(*names, status="failed", problem=problem)
    return Outcome(
        *names,
        status="denoised",
        seconds=round(time.monotonic() - start, 2),
        megapixels=round(photo.pixels.shape[0] * photo.pixels.shape[1] / 1e6, 2),
        window=picture.restitution.window if picture.restitution.strength else 0,
        strength=picture.restitution.strength,
        lost_colour=lost_colour(work.source, picture),
        key=key,
    )


def _check_free(work: Work) -> None:
    if work.target.exists():
        same = work.target.resolve() == work.source.resolve()
        raise ValueError(
            f"{work.target} exists and is not overwritten"
            + (
                ": it is the photograph itself. Name another file or folder."
                if same
                else ". Was it made with other options, or of another photograph? Name "
                "another folder, or remove it."
            )
        )
