"""The images to train on, in each of the four layouts that they come in."""

from collections.abc import Callable
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.noisy_images import dnd, photos, sidd_blocks, sidd_medium
from cbsn_pipeline.noisy_images.images import NoisyImage, NoisyImages

__all__ = ["KINDS", "NoisyImage", "NoisyImages", "find_noisy_images"]

KINDS: dict[str, Callable[[Path], NoisyImages]] = {
    "sidd_medium": sidd_medium.find,
    "sidd_blocks": sidd_blocks.find,
    "dnd": dnd.find,
    "photos": photos.find,
}


def find_noisy_images(kind: str, path: Path) -> NoisyImages:
    """List the noisy images at a path; none is decoded yet.

    Args:
        kind: A key of :data:`KINDS`.
        path: The folder or file (or, for photos, the glob) of that kind.

    Raises:
        DatasetError: If the kind is unknown, or the path is not of that kind.
    """
    if kind not in KINDS:
        raise DatasetError(
            f"{kind!r} is not a kind of noisy images; expected one of "
            f"{', '.join(KINDS)}. Correct noisy_kind in globals.yml."
        )
    return KINDS[kind](path)
