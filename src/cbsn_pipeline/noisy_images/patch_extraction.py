"""The patches of a data set, not yet cut: what to cut, and the cutting."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from kedro.io import DatasetError
from numpy.typing import NDArray

from cbsn_pipeline.formats.patch_file import PATCHES_VERSION
from cbsn_pipeline.imaging.grid import patch_origins
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.imaging.quantise import to_unit
from cbsn_pipeline.noisy_images import NoisyImages
from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage
from cbsn_pipeline.threads import map_in_order, num_workers

logger = logging.getLogger(__name__)

CHANNELS = 3


@dataclass(frozen=True)
class PatchLayout:
    """Which patches, and how they are stored.

    Attributes:
        patch_size: Height and width, in pixels.
        stride: From one patch to the next, in pixels.
        border: Pixels left out on each side of an image.
        compression: HDF5 filter, ``lzf`` or ``gzip``; None stores pixels as they are.
    """

    patch_size: int
    stride: int
    border: int
    compression: Literal["lzf", "gzip"] | None = None


class ImagePatches(NamedTuple):
    """The patches of one image."""

    image: int
    """Its index in the manifest."""

    origins: NDArray[np.int64]
    """(N, 2): row and column of the upper left corner of each, in pixels."""

    patches: NDArray[Any]
    """(N, P, P, 3): uint8 in 0..255, or float32 in [0, 1]."""


class PatchExtraction:
    """Iterating over it decodes image after image and yields their patches.

    Sizes and number are known before, from the manifest, so that whoever writes them
    can reserve the space, and need not read anything if they are written already.

    Args:
        noisy_images: Where the pixels are.
        manifest: What they were when the data set was ingested.
        layout: Which patches.
        workers: Number of threads that decode; ``auto`` for all cores.

    Raises:
        ValueError: If no image is large enough for one patch.
        DatasetError: If images were added or removed since the ingest.
    """

    def __init__(
        self,
        noisy_images: NoisyImages,
        manifest: Manifest,
        layout: PatchLayout,
        *,
        workers: int | Literal["auto"] = "auto",
    ) -> None:
        noisy_images = noisy_images.without(manifest.left_out)
        _check_same_images(noisy_images, manifest)
        self.manifest, self.layout = manifest, layout
        self._noisy_images, self._workers = noisy_images, workers
        self._origins = [self._grid(image) for image in manifest.images]
        _check_sizes(manifest, layout, self._origins)

    def _grid(self, image: ManifestImage) -> NDArray[np.int64]:
        layout = self.layout
        return patch_origins(
            image.height,
            image.width,
            patch_size=layout.patch_size,
            stride=layout.stride,
            border=layout.border,
        )

    def __len__(self) -> int:
        return sum(len(origins) for origins in self._origins)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of all the patches together: (N, P, P, 3)."""
        size = self.layout.patch_size
        return len(self), size, size, CHANNELS

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the patches: float32 as soon as one image has it."""
        types = {image.dtype for image in self.manifest.images}
        return np.dtype(np.uint8 if types == {"uint8"} else np.float32)

    @property
    def patch_bytes(self) -> int:
        """Size of one patch in memory."""
        return int(np.prod(self.shape[1:])) * self.dtype.itemsize

    @cached_property
    def options(self) -> str:
        """The layout as JSON."""
        return json.dumps(asdict(self.layout), sort_keys=True)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that decides what is written: data, options, format."""
        content = f"{PATCHES_VERSION} {self.manifest.digest} {self.options}"
        return hashlib.sha256(content.encode()).hexdigest()

    def __iter__(self) -> Iterator[ImagePatches]:
        """Decode, check and cut image after image, in the order of the manifest.

        Raises:
            DatasetError: If an image is not what it was when it was ingested.
        """
        used = [i for i, origins in enumerate(self._origins) if len(origins)]
        largest = max(i.height * i.width for i in self.manifest.images)
        needed = 2 * largest * CHANNELS * 4  # the file or a copy, and the pixels
        needed = max(needed, self._noisy_images.read_bytes)
        workers = num_workers(self._workers, item_bytes=needed)
        images = map_in_order(self._read_unchanged, used, workers=workers)
        for index, pixels in zip(used, images, strict=True):
            origins = self._origins[index]
            yield ImagePatches(index, origins, self._cut(pixels, origins))

    def _read_unchanged(self, index: int) -> NDArray[Any]:
        pixels = self._noisy_images.read(index)
        known = self.manifest.images[index]
        size = (known.height, known.width)
        if pixels.shape[:2] != size:
            detail = f"{pixels.shape[:2]} pixels, it was {size}"
        elif pixel_sha256(pixels) != known.pixel_sha256:
            detail = "its pixels have another hash"
        else:
            return to_unit(pixels) if pixels.dtype != self.dtype else pixels
        raise DatasetError(
            f"{self._noisy_images[index].file}: image {known.name} is not the one that "
            f"was ingested: {detail}. Was the file replaced? Ingest it again: "
            "`kedro run --pipelines ingest,patches`."
        )

    def _cut(self, pixels: NDArray[Any], origins: NDArray[np.int64]) -> NDArray[Any]:
        size = self.layout.patch_size
        patches = np.empty((len(origins), *self.shape[1:]), pixels.dtype)
        for patch, (row, column) in zip(patches, origins, strict=True):
            patch[:] = pixels[row : row + size, column : column + size]
        return patches


def _check_same_images(noisy_images: NoisyImages, manifest: Manifest) -> None:
    here = {image.key for image in noisy_images}
    ingested = {image.key for image in manifest.images}
    if here == ingested and noisy_images.kind == manifest.kind:
        return
    new, gone = sorted(here - ingested), sorted(ingested - here)
    example = (new or gone or [(noisy_images.kind, ())])[0][0]
    raise DatasetError(
        f"The noisy images are not those of the manifest ({manifest.kind}, "
        f"{len(ingested)} images): {len(new)} are new and {len(gone)} are gone, for "
        f"example {example}. Were files changed since the ingest, or is it another "
        "data set? Ingest again: `kedro run --pipelines ingest,patches`."
    )


def _check_sizes(
    manifest: Manifest, layout: PatchLayout, origins: list[NDArray[np.int64]]
) -> None:
    needed = layout.patch_size + 2 * layout.border
    small = [
        f"{image.name} ({image.height}x{image.width})"
        for image, grid in zip(manifest.images, origins, strict=True)
        if not len(grid)
    ]
    if len(small) == len(manifest.images):
        raise ValueError(
            f"No image holds a patch: the largest that was tried needs {needed}x"
            f"{needed} pixels (patches.patch_size {layout.patch_size} + 2 x "
            f"patches.border {layout.border}), and the first image is {small[0]}. "
            "Lower patches.patch_size, or set patches.border to 0."
        )
    if small:
        logger.warning(
            "%d of %d images are smaller than %dx%d pixels (patch_size + 2 x border) "
            "and give no patch: %s%s.",
            *(len(small), len(manifest.images), needed, needed),
            *(", ".join(small[:5]), ", ..." if len(small) > 5 else ""),  # noqa: PLR2004
        )
