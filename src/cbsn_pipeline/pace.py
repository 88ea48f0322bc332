"""How fast a denoiser is: seconds per megapixel, files and checks apart."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median


class Pace:
    """Adds up what took how long.

    Example::

        pace = Pace()
        with pace.timed(pixels=256 * 256):
            denoiser.denoise(block)
        pace.seconds_per_megapixel
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.megapixels = 0.0
        self._each: list[float] = []

    @contextmanager
    def timed(self, *, pixels: int) -> Iterator[None]:
        """Time what is done inside; it must have ended there, also on a GPU.

        Args:
            pixels: Height x width of all pictures that are denoised.
        """
        start = time.perf_counter()
        yield
        seconds, megapixels = time.perf_counter() - start, pixels / 1e6
        self.seconds += seconds
        self.megapixels += megapixels
        self._each.append(seconds / megapixels)

    @property
    def seconds_per_megapixel(self) -> float:
        """All seconds over all megapixels, the first ones included; 0 before them."""
        return self.seconds / self.megapixels if self.megapixels else 0.0

    @property
    def median_seconds_per_megapixel(self) -> float:
        """The median of what was timed: without the slow start of a GPU; 0 before."""
        return median(self._each) if self._each else 0.0

    def facts(self) -> dict[str, float]:
        """Give time and pixels for a report."""
        return {
            "seconds": self.seconds,
            "megapixels": self.megapixels,
            "seconds_per_megapixel": self.seconds_per_megapixel,
            "median_seconds_per_megapixel": self.median_seconds_per_megapixel,
        }
