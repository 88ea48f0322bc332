"""The steps of a submission to DND."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.options import restitution_in_words
from cbsn_pipeline.pace import Pace
from cbsn_pipeline.pipelines.submit_dnd.options import SubmitDndOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.datasets.dnd_submission_dataset import (
        DenoisedImage,
        SavedDndSubmission,
    )
    from cbsn_pipeline.formats.dnd_folder import DndFolder
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DenoisedImage = Denoiser = DndFolder = SavedDndSubmission = Any

logger = logging.getLogger(__name__)

Float32 = NDArray[np.float32]


class Submission:
    """Denoises image after image while it is written: one is in memory at a time.

    Args:
        denoiser: The trained network.
        images: DND's folder.
        options: How crops are cut and denoised.
    """

    def __init__(
        self, denoiser: Denoiser, images: DndFolder, options: SubmitDndOptions
    ) -> None:
        self.num_images = options.num_images
        self.num_boxes = options.num_boxes
        self.zip = options.zip
        self._file = denoiser.file
        chosen = denoiser.averaged() if options.weights == "ema" else denoiser
        self._denoiser = chosen.restituting(options.restitution)
        self._images = images
        self._options = options
        self._pace = Pace()
        self._num_seen = 0

    def __iter__(self) -> Iterator[DenoisedImage]:
        from cbsn_pipeline.dagger import count_seen
        from cbsn_pipeline.datasets.dnd_submission_dataset import DenoisedImage
        from cbsn_pipeline.progress import Progress

        self._pace, self._num_seen = Pace(), 0
        trained_on = self._denoiser.provenance.trained_on
        total = self.num_images * self.num_boxes
        with Progress("Denoising DND", total=total, unit="crops") as bar:
            for image in range(self.num_images):
                pixels = _read_checked(self._images, image, self._options)
                self._num_seen += count_seen([pixels], trained_on)
                noisy = self._cut(pixels, image)
                yield DenoisedImage(image, noisy, self._denoise(pixels, noisy, image))
                bar.advance(self.num_boxes)

    def facts(self) -> dict[str, Any]:
        """Say what was denoised by what, how fast, and whether it was trained on."""
        from cbsn_pipeline.dagger import in_words
        from cbsn_pipeline.software import hardware

        provenance = self._denoiser.provenance
        known = bool(provenance.trained_on)
        return {
            "denoiser": {
                "file": str(self._file) if self._file else None,
                "weights": self._options.weights,
                "padding": self._options.padding,
                "restitution": restitution_in_words(self._options.restitution),
                "context": self._options.context,
                "steps": provenance.steps,
                "data_kind": provenance.data_kind,
                "data_digest": provenance.data_digest,
                "imported": provenance.imported,
            },
            "dagger": in_words(
                *(self._num_seen, self.num_images), known=known, what="images"
            ),
            "trained_on_images": self._num_seen,
            "time": self._pace.facts() | {"hardware": hardware()},
        }

    def _denoise(
        self, pixels: Float32, noisy: list[Float32], image: int
    ) -> list[Float32]:
        if self._options.context == "image":
            return self._cut(self._timed(pixels), image)
        return [self._timed(crop) for crop in noisy]

    def _timed(self, picture: Float32) -> Float32:
        with self._pace.timed(pixels=picture.shape[0] * picture.shape[1]):
            return self._denoiser.denoise(picture, padding=self._options.padding)

    def _cut(self, pixels: Float32, image: int) -> list[Float32]:
        boxes = range(self.num_boxes)
        return [self._images.crop(pixels, image, box) for box in boxes]


def denoise_dnd(
    denoiser: Denoiser, dnd_images: DndFolder, options: SubmitDndOptions
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
    from cbsn_pipeline.benchmarks.dnd.boxes import check_boxes

    if dnd_images.num_images != options.num_images:
        raise ValueError(
            f"{dnd_images.path} lists {dnd_images.num_images} images; expected "
            f"{options.num_images}. The official set has 50; another number must be "
            "declared by submit_dnd.num_images."
        )
    for image in range(options.num_images):
        check_boxes(
            dnd_images.boxes(image),
            where=f"{dnd_images.path}, image {image + 1}",
            num_boxes=options.num_boxes,
            crop_size=options.crop_size,
        )
    dnd_images.check_images()
    return Submission(denoiser, dnd_images, options)


def check_dnd_submission(
    dnd_submission: SavedDndSubmission, dnd_images: DndFolder, options: SubmitDndOptions
) -> tuple[dict[str, Any], dict[str, float]]:
    """Read every file of the submission back, check it, and report what is in it.

    Args:
        dnd_submission: As saved.
        dnd_images: DND's folder: a crop that equals its noisy one is refused.
        options: Sizes of the data set.

    Returns:
        ``folder`` to upload from, whether it is ``uploadable``, sizes, what denoised
        it and how fast, whether it was trained on, the archive, and per file: number
        of crops, least, greatest and mean value, mean absolute change from the noisy
        crops ([0, 1]). And its metrics.

    Raises:
        ValueError: A file is missing or superfluous, or a crop has another shape,
            type or range, holds NaN, or is the input.
    """
    from cbsn_pipeline.benchmarks.dnd.boxes import is_whole_set
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
    report = {
        "folder": str(dnd_submission.folder),
        "uploadable": is_whole_set(options.num_images, options.num_boxes),
        "num_images": options.num_images,
        "num_boxes": options.num_boxes,
        "crop_size": options.crop_size,
        "mean_absolute_change": float(np.mean(changes)),
        **dnd_submission.facts(),
        "archive": _describe_archive(dnd_submission),
        "files": files,
    }
    _say(report)
    return report, _metrics_of(report)


def _metrics_of(report: dict[str, Any]) -> dict[str, float]:
    metrics = {"submit_dnd/mean_absolute_change": report["mean_absolute_change"]}
    if "time" in report:
        seconds = report["time"]["seconds_per_megapixel"]
        metrics["submit_dnd/seconds_per_megapixel"] = seconds
    return metrics


def _say(report: dict[str, Any]) -> None:
    if report["uploadable"]:
        logger.info("Upload the %d files of %s", report["num_images"], report["folder"])
    else:
        logger.warning(
            "%s holds %d images of %d crops, part of DND: it is not for upload.",
            *(report["folder"], report["num_images"], report["num_boxes"]),
        )


def _describe_archive(submission: SavedDndSubmission) -> dict[str, Any] | None:
    from cbsn_pipeline.formats.checks import file_sha256

    archive = submission.archive()
    if archive is None:
        return None
    return {
        "file": str(archive),
        "bytes": archive.stat().st_size,
        "sha256": file_sha256(archive),
    }


def _read_checked(images: DndFolder, image: int, options: SubmitDndOptions) -> Float32:
    """Read an image that contains all of its boxes; float32 in [0, 1], (H, W, 3)."""
    from cbsn_pipeline.benchmarks.dnd.boxes import check_boxes

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
