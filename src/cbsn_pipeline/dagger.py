"""Whether a denoiser was trained on what is scored: the dagger of the paper's rows."""

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from cbsn_pipeline.imaging.pixels import pixel_sha256


def count_seen(images: Iterable[NDArray[Any]], trained_on: Iterable[str]) -> int:
    """Count the images whose pixels were seen in training.

    Args:
        images: What is scored or submitted, as training read it.
        trained_on: ``pixel_sha256`` of every image of training; empty if unknown.
    """
    seen = set(trained_on)
    # No need to hash what cannot be found.
    return sum(pixel_sha256(image) in seen for image in images) if seen else 0


def in_words(count: int, total: int, *, known: bool, what: str) -> str:
    """Say whether a row is a dagger one.

    Args:
        count: How many were trained on.
        total: Of how many.
        known: Whether the denoiser says what it was trained on.
        what: What was counted, in the plural.

    >>> in_words(0, 8, known=True, what="scored noisy blocks")
    'not dagger: none of the scored noisy blocks was trained on'
    """
    if not known:
        return "unknown: the denoiser does not say which images it was trained on"
    if count == 0:
        return f"not dagger: none of the {what} was trained on"
    return f"dagger: {count} of the {total} {what} were trained on"
