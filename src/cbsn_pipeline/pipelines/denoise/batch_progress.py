"""How far a batch of photographs is: in megapixels, also inside a photograph."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cbsn_pipeline.progress import Progress

if TYPE_CHECKING:
    from cbsn_pipeline.datasets.photos_dataset import Photos


class BatchProgress:
    """Shows megapixels, their rate and the time left for all photographs.

    Sizes come from the files' headers when the first photograph is begun, and are put
    right when a photograph is read.

    Args:
        photos: The originals.
    """

    def __init__(self, photos: "Photos") -> None:
        self._photos = photos
        self._expected: list[float] = []
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.__exit__(kind, error, trace)

    @contextmanager
    def photo(self, index: int) -> Iterator["PhotoProgress"]:
        """Count one photograph; all of it is done in the end, also when it failed."""
        progress = PhotoProgress(self._begun(), self._expected[index])
        try:
            yield progress
        finally:
            progress.end()

    def _begun(self) -> Progress:
        if self._bar is None:
            self._expected = [
                self._photos.megapixels(index) for index in range(len(self._photos))
            ]
            total = sum(self._expected)
            self._bar = Progress("Denoising", total=total, unit="megapixels")
            self._bar.__enter__()
        return self._bar


class PhotoProgress:
    """Counts the rows of one photograph.

    Args:
        bar: That of all photographs, in megapixels.
        expected: Megapixels of this one, by its header.
    """

    def __init__(self, bar: Progress, expected: float) -> None:
        self._bar = bar
        self._left = expected
        self._row = 0.0

    def begin(self, height: int, width: int) -> None:
        """Say how large the photograph really is, pixels."""
        self._row = width / 1e6
        self._bar.total += height * self._row - self._left
        self._left = height * self._row

    def advance(self, rows: int) -> None:
        """Count rows as done."""
        self._left -= rows * self._row
        self._bar.advance(rows * self._row)

    def end(self) -> None:
        """Count the rest as done."""
        self._bar.advance(self._left)
        self._left = 0.0
