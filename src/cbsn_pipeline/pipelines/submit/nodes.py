"""The steps of a submission to DND."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline import tracking
from cbsn_pipeline.pipelines.submit.options import SubmitOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.datasets.dnd_folder_dataset import DndFolder
    from cbsn_pipeline.datasets.dnd_submission_dataset import (
        DenoisedImage,
        SavedDndSubmission,
    )
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DenoisedImage = Denoiser = DndFolder = SavedDndSubmission = Any

Float32 = NDArray[np.float32]


class Submission:
    """Denoises image after image while it is written: one is in memory at a time.

    Args:
        denoiser: The trained network.
        images: DND's folder.
        options: How crops are cut and denoised.
    """

    def __init__(
        self, denoiser: Denoiser, images: DndFolder, options: SubmitOptions
    ) -> None:
        self.num_images = options.num_images
        self.num_boxes = options.num_boxes
        self._denoiser = denoiser
        self._images = images
        self._options = options

    def __iter__(self) -> Iterator[DenoisedImage]:
        from cbsn_pipeline.datasets.dnd_submission_dataset import DenoisedImage
        from cbsn_pipeline.progress import Progress

        total = self.num_images * self.num_boxes
        with Progress("Denoising DND", total=total, unit="crops") as bar:
            for image in range(self.num_images):
                pixels = _read_checked(self._images, image, self._options)
                noisy = self._cut(pixels, image)
                yield DenoisedImage(image, noisy, self._denoise(pixels, noisy, image))
                bar.advance(self.num_boxes)

    def _denoise(
        self, pixels: Float32, noisy: list[Float32], image: int
    ) -> list[Float32]:
        padding = self._options.padding
        if self._options.context == "image":
            return self._cut(self._denoiser.denoise(pixels, padding=padding), image)
        return [self._denoiser.denoise(crop, padding=padding) for crop in noisy]

    def _cut(self, pixels: Float32, image: int) -> list[Float32]:
        boxes = range(self.num_boxes)
        return [self._images.crop(pixels, image, box) for box in boxes]


def denoise_dnd(
    denoiser: Denoiser, dnd_images: DndFolder, options: SubmitOptions
) -> Submission:
    """Denoise the crops of DND, image by image, while they are written.

    Boxes and files are checked now, before the first is denoised.

    Args:
        denoiser: The trained network.
        dnd_images: DND's folder.
        options: Sizes of the data set; what surrounds a crop when it is denoised.

    Returns:
        An iterable of the crops of each image, float32 in [0, 1].

    Raises:
        ValueError: The folder or a list of boxes is of another size than declared, or
            averaged weights are asked for and there are none.
        DatasetError: An image is missing.
    """
    from cbsn_pipeline.challenges.dnd import check_boxes

    if dnd_images.num_images != options.num_images:
        raise ValueError(
            f"{dnd_images.path} lists {dnd_images.num_images} images; expected "
            f"{options.num_images}. The official set has 50; another number must be "
            "declared by submit.num_images."
        )
    for image in range(options.num_images):
        check_boxes(
            dnd_images.boxes(image),
            where=f"{dnd_images.path}, image {image + 1}",
            num_boxes=options.num_boxes,
            crop_size=options.crop_size,
        )
    dnd_images.check_images()
    if options.weights == "ema":
        denoiser = denoiser.averaged()
    return Submission(denoiser, dnd_images, options)


def check_dnd_submission(
    dnd_submission: SavedDndSubmission, dnd_images: DndFolder, options: SubmitOptions
) -> dict[str, Any]:
    """Read every file of the submission back, check it, and report what is in it.

    Args:
        dnd_submission: As saved.
        dnd_images: DND's folder: a crop that equals its noisy one is refused.
        options: Sizes of the data set.

    Returns:
        ``folder`` to upload from, sizes, and per file: number of crops, least,
        greatest and mean value, mean absolute change from the noisy crops ([0, 1]).

    Raises:
        ValueError: A file is missing or superfluous, or a crop has another shape,
            type or range, holds NaN, or is the input.
    """
    from cbsn_pipeline.datasets.dnd_submission_dataset import check_bundle

    dnd_submission.check_files(options.num_images)
    files = {}
    for image in range(options.num_images):
        pixels = _read_checked(dnd_images, image, options)
        boxes = range(options.num_boxes)
        noisy = [dnd_images.crop(pixels, image, box) for box in boxes]
        crops = check_bundle(dnd_submission, image, noisy)
        files[f"{image + 1:04d}.mat"] = _describe(np.stack(crops), np.stack(noisy))
    changes = [file["mean_absolute_change"] for file in files.values()]
    tracking.log_metrics({"submission/mean_absolute_change": float(np.mean(changes))})
    return {
        "folder": str(dnd_submission.folder),
        "num_images": options.num_images,
        "num_boxes": options.num_boxes,
        "crop_size": options.crop_size,
        "context": options.context,
        "files": files,
    }


def _read_checked(images: DndFolder, image: int, options: SubmitOptions) -> Float32:
    """Read an image that contains all of its boxes; float32 in [0, 1], (H, W, 3)."""
    from cbsn_pipeline.challenges.dnd import check_boxes

    pixels = images.read(image)
    check_boxes(
        images.boxes(image),
        where=f"{images.path}, image {image + 1}",
        num_boxes=options.num_boxes,
        crop_size=options.crop_size,
        image_shape=pixels.shape,
    )
    return pixels


def _describe(crops: Float32, noisy: Float32) -> dict[str, float]:
    return {
        "crops": len(crops),
        "min": float(crops.min()),
        "max": float(crops.max()),
        "mean": float(crops.mean(dtype=np.float64)),
        "mean_absolute_change": float(np.abs(crops - noisy).mean(dtype=np.float64)),
    }
