"""The step that denoises photographs."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cbsn_pipeline.pace import Pace
from cbsn_pipeline.photos.names import name_outputs
from cbsn_pipeline.pipelines.denoise.batch_progress import BatchProgress
from cbsn_pipeline.pipelines.denoise.before_after import (
    Comparison,
    compare_crops,
    draw_comparisons,
    find_best_blur,
    find_clean,
)
from cbsn_pipeline.pipelines.denoise.options import DenoiseOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.cbsn.denoiser import DenoisedPicture
    from cbsn_pipeline.datasets.photo_folder_dataset import PendingPhoto
    from cbsn_pipeline.datasets.photos_dataset import Photos
    from cbsn_pipeline.photos.photo import Photo
    from cbsn_pipeline.training.monitoring.recorder import Recorder
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DenoisedPicture = Denoiser = Figure = PendingPhoto = Photo = Photos = Recorder = Any

logger = logging.getLogger(__name__)


class DenoisedPhotos:
    """Denoises photograph after photograph while it is written: one is in memory.

    Args:
        denoiser: The trained network.
        photos: The originals.
        options: How they are denoised.
        comparisons: Crops of the first photographs are put here.
        recorder: Is told the pace, and what was given back, photograph by photograph.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        photos: Photos,
        options: DenoiseOptions,
        comparisons: list[Comparison],
        recorder: Recorder,
    ) -> None:
        self._denoiser = denoiser
        self._photos = photos
        self._options = options
        self._comparisons = comparisons
        self._recorder = recorder
        chosen = None if options.format == "same" else options.format
        self.names = name_outputs(photos.relative, chosen)
        self.pace = Pace()

    def __iter__(self) -> Iterator[PendingPhoto]:
        from cbsn_pipeline.datasets.photo_folder_dataset import PendingPhoto

        with BatchProgress(self._photos) as batch:
            for index, (source, name) in enumerate(
                zip(self._photos, self.names, strict=True)
            ):
                make = partial(self._make, index, name, batch)
                yield PendingPhoto(source, name, make, self._options.jpeg_quality)

    def _make(self, index: int, name: PurePosixPath, batch: BatchProgress) -> Photo:
        with batch.photo(index) as progress:
            photo = self._photos.read(index)
            progress.begin(*photo.pixels.shape[:2])
            return self._denoise(index, name, photo, progress.advance)

    def _denoise(
        self,
        index: int,
        name: PurePosixPath,
        photo: Photo,
        advance: Callable[[int], None],
    ) -> Photo:
        from cbsn_pipeline.photos.denoising import denoise_photo

        image = photo.rgb
        before = self.pace.seconds
        compared = index < self._options.compared_photos
        with self.pace.timed(pixels=image.shape[0] * image.shape[1]):
            result, denoised = denoise_photo(
                self._denoiser,
                photo,
                strength=self._options.strength,
                padding=self._options.padding,
                keep_alone=compared and self._options.restitution != "off",
                advance=advance,
            )
        seconds = self.pace.seconds - before
        megapixels = image.shape[0] * image.shape[1] / 1e6
        logger.info(
            "%d/%d %s: %.2f megapixels in %.1f s, %.2f s per megapixel",
            *(index + 1, len(self._photos), name, megapixels, seconds),
            seconds / megapixels,
        )
        self._report_restitution(denoised, name)
        self._recorder.log_metrics(
            {
                "denoise/seconds_per_megapixel": self.pace.seconds_per_megapixel,
                "denoise/restitution_window": denoised.restitution.window,
                "denoise/restitution_strength": denoised.restitution.strength,
                "denoise/tone_given_back": denoised.tone,
                "denoise/colour_given_back": denoised.colour,
            },
            step=index,
        )
        if compared:
            self._compare(index, image, result.rgb, denoised)
        return result

    def _compare(
        self,
        index: int,
        image: NDArray[Any],
        result: NDArray[Any],
        denoised: DenoisedPicture,
    ) -> None:
        """Keep crops of the photograph at all stages."""
        from cbsn_pipeline.formats.images import read_rgb

        photo = self._photos[index]
        stages = {"noisy": image}
        if denoised.restitution.strength and denoised.alone is not None:
            stages["network alone"] = denoised.alone
        stages["denoised"] = result
        clean = find_clean(photo)
        if clean is not None:
            truth = read_rgb(clean)
            stages |= {"best blur": find_best_blur(image, truth), "clean": truth}
        self._comparisons += compare_crops(photo.name, stages)

    def _report_restitution(self, denoised: DenoisedPicture, name: object) -> None:
        """Say what was given back, and when it was much: the network lost colour."""
        from cbsn_pipeline.photos.denoising import lost_colour

        window, strength = denoised.restitution.window, denoised.restitution.strength
        if strength:
            logger.info(
                "%s: gave back tone and colour, window %d pixels, strength %g",
                *(name, window, strength),
            )
        lost_colour(name, denoised)


def denoise_photos(
    denoiser: Denoiser, photos_to_denoise: Photos, options: DenoiseOptions
) -> tuple[DenoisedPhotos, list[Comparison]]:
    """Denoise photographs one by one, while they are written.

    The network runs by the released rules: statistics are those of the whole
    photograph, its edges are reflected, and values are rounded and clipped. Then tone
    and colour are given back, unless options say otherwise.

    Args:
        denoiser: The trained network.
        photos_to_denoise: The originals.
        options: How they are denoised.

    Raises:
        ValueError: Averaged weights are asked for and there are none.

    Returns:
        An iterable of photographs with the depth, channels and metadata of their
        originals; and a list that crops of the first ones are put
        into while they are written.
    """
    from cbsn_pipeline.tracked_recorder import TrackedRecorder

    if options.weights == "ema":
        denoiser = denoiser.averaged()
    denoiser = denoiser.restituting(options.restitution)
    comparisons: list[Comparison] = []
    recorder = TrackedRecorder(len(photos_to_denoise))
    photos = DenoisedPhotos(denoiser, photos_to_denoise, options, comparisons, recorder)
    return photos, comparisons


def draw_before_after(
    denoised_photos: tuple[Path, ...], photo_crops: list[Comparison]
) -> Figure:
    """Show crops of the first photographs, before and after.

    Args:
        denoised_photos: The files: all are written before anything is shown.
        photo_crops: The crops.

    Returns:
        The figure, one pixel per pixel.
    """
    return draw_comparisons(photo_crops if denoised_photos else [])
