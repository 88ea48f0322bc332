"""Nodes of the ingest."""

import logging
from functools import cache
from typing import NamedTuple

from kedro.io import DatasetError

from cbsn_pipeline.formats.checks import file_sha256
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.noisy_images import NoisyImages
from cbsn_pipeline.noisy_images.manifest import Manifest, ManifestImage
from cbsn_pipeline.pipelines.ingest.options import IngestOptions
from cbsn_pipeline.progress import Progress
from cbsn_pipeline.threads import map_in_order, num_workers

logger = logging.getLogger(__name__)


def build_manifest(noisy_images: NoisyImages, options: IngestOptions) -> Manifest:
    """Decode every image once, so that bad ones stop the run now, and hash it.

    Args:
        noisy_images: uint8 in 0..255 or float32 in [0, 1], each (H, W, 3).
        options: Threads, and how many images there must be.

    Returns:
        What the data set is, image by image, with the digest that all that is made
        from it will carry.

    Raises:
        ValueError: If the number of images is not the one asked for.
        DatasetError: If files are missing, truncated or not what they should be, and
            ``unreadable`` is ``stop``; or if none can be read.
    """
    _check_count(noisy_images, options)
    hash_file = cache(file_sha256)  # all blocks of one .mat share it

    def describe(index: int) -> ManifestImage | _Unreadable:
        image = noisy_images[index]
        try:
            return _describe(noisy_images, index, hash_file(image.file))
        except (DatasetError, OSError) as error:
            return _Unreadable(image.name, str(error))

    if len({image.file for image in noisy_images}) == 1:
        hash_file(noisy_images[0].file)  # before threads would each begin to
    workers = num_workers(options.workers, item_bytes=noisy_images.read_bytes)
    images: list[ManifestImage] = []
    unreadable: list[_Unreadable] = []
    with Progress("Ingest", total=len(noisy_images), unit="images") as bar:
        for image in map_in_order(describe, range(len(noisy_images)), workers=workers):
            if isinstance(image, _Unreadable):
                unreadable.append(image)
            else:
                images.append(image)
            bar.advance(1)
    if unreadable:
        _report_unreadable(unreadable, images, options)
    names = [image.name for image in unreadable]
    manifest = Manifest.of(noisy_images.kind, images, options.model_dump(), names)
    _report(manifest)
    return manifest


class _Unreadable(NamedTuple):
    name: str
    reason: str


def _report_unreadable(
    unreadable: list[_Unreadable], images: list[ManifestImage], options: IngestOptions
) -> None:
    listed = "\n".join(f"  {image.reason}" for image in unreadable)
    count = f"{len(unreadable)} of {len(unreadable) + len(images)} images"
    if options.unreadable == "leave_out" and images:
        logger.warning(
            "%s cannot be read and are not trained on (ingest.unreadable: leave_out):"
            "\n%s",
            *(count, listed),
        )
        return
    raise DatasetError(
        f"{count} cannot be read:\n{listed}\nFetch or export them again, remove them, "
        "or train without them: --params ingest.unreadable=leave_out"
    )


def _check_count(noisy_images: NoisyImages, options: IngestOptions) -> None:
    if options.num_images not in (None, len(noisy_images)):
        raise ValueError(
            f"{len(noisy_images)} noisy images found ({noisy_images.kind}); expected "
            f"{options.num_images} (ingest.num_images). Was the archive unzipped to "
            "the end? Set ingest.num_images to what is there to go on with it."
        )


def _describe(images: NoisyImages, index: int, file_hash: str) -> ManifestImage:
    image, pixels = images[index], images.read(index)
    return ManifestImage(
        name=image.name,
        path=image.path,
        member=image.member,
        bytes=image.file.stat().st_size,
        file_sha256=file_hash,
        pixel_sha256=pixel_sha256(pixels),
        height=pixels.shape[0],
        width=pixels.shape[1],
        dtype=pixels.dtype.name,
        scene_instance=image.scene_instance,
    )


def _report(manifest: Manifest) -> None:
    logger.info(
        "%s: %s, digest %s.", manifest.kind, manifest.summary, manifest.digest[:12]
    )
    if duplicates := manifest.duplicates:
        logger.warning(
            "%d pictures are there more than once, pixel for pixel, and will be "
            "trained on as often; the first: %s.",
            *(len(duplicates), ", ".join(duplicates[0])),
        )
