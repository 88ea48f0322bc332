"""Nodes of the patches."""

from cbsn_pipeline.noisy_images import NoisyImages
from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.noisy_images.patch_extraction import PatchExtraction, PatchLayout
from cbsn_pipeline.pipelines.patches.options import PatchOptions


def extract_patches(
    noisy_images: NoisyImages, manifest: Manifest, options: PatchOptions
) -> PatchExtraction:
    """Say which patches are to be cut; the dataset cuts them while it writes.

    Nothing is decoded here, so an unchanged data set costs nothing.

    Args:
        noisy_images: Where the pixels are.
        manifest: What they were when they were ingested; every image is checked
            against it.
        options: Which patches.

    Returns:
        An iterable over the images: (N, P, P, 3) uint8 in 0..255 or float32 in [0, 1].

    Raises:
        ValueError: If no image is large enough for one patch.
        DatasetError: If images were added or removed since the ingest.
    """
    layout = PatchLayout(
        patch_size=options.patch_size,
        stride=options.stride,
        border=options.border,
        compression=options.compression,
    )
    return PatchExtraction(noisy_images, manifest, layout, workers=options.workers)
