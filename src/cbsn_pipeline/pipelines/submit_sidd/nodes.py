"""The steps of a submission to SIDD."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.options import restitution_in_words
from cbsn_pipeline.pace import Pace
from cbsn_pipeline.pipelines.submit_sidd.options import SubmitSiddOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.datasets.sidd_submission_dataset import (
        DenoisedBlocks,
        SavedSiddSubmission,
    )
else:
    # Kedro resolves every annotation of a node to find the options among them, so the
    # names must exist; the libraries behind them load only when a node runs.
    DenoisedBlocks = Denoiser = SavedSiddSubmission = Any

logger = logging.getLogger(__name__)

Blocks = NDArray[np.uint8]  # (images, blocks, height, width, RGB), 0..255


class Submission:
    """Denoises image after image while it is written: one is in memory at a time.

    Args:
        denoiser: The trained network.
        noisy_blocks: (images, blocks, 256, 256, 3) uint8, in any order of memory.
        options: How blocks are denoised and written.
    """

    def __init__(
        self, denoiser: Denoiser, noisy_blocks: Blocks, options: SubmitSiddOptions
    ) -> None:
        self.num_images = options.num_images
        self.num_blocks = options.num_blocks
        self.layouts = options.layouts
        self.zip = options.zip
        self._file = denoiser.file
        chosen = denoiser.averaged() if options.weights == "ema" else denoiser
        self._denoiser = chosen.restituting(options.restitution)
        self._noisy = noisy_blocks
        self._options = options
        self._begin()

    def __iter__(self) -> Iterator[DenoisedBlocks]:
        from cbsn_pipeline.dagger import count_seen
        from cbsn_pipeline.datasets.sidd_submission_dataset import DenoisedBlocks
        from cbsn_pipeline.progress import Progress

        self._begin()
        trained_on = self._denoiser.provenance.trained_on
        total = self.num_images * self.num_blocks
        with Progress("Denoising SIDD's benchmark", total=total, unit="blocks") as bar:
            for image in range(self.num_images):
                noisy = np.ascontiguousarray(self._noisy[image])
                denoised = self._denoise(noisy)
                self._num_seen += count_seen(noisy, trained_on)
                self._changes.append(_mean_change(denoised, noisy))
                yield DenoisedBlocks(image, noisy, denoised)
                bar.advance(self.num_blocks)

    def seconds_per_megapixel(self) -> float:
        """Time of the denoiser alone, over all blocks."""
        return self._pace.seconds_per_megapixel

    def optional_data(self) -> dict[str, str]:
        """What the legacy files say of the method."""
        from cbsn_pipeline.software import hardware

        return self._options.optional_data.as_matlab(hardware())

    def facts(self) -> dict[str, Any]:
        """Say what was denoised by what, how fast, and whether it was trained on."""
        from cbsn_pipeline.dagger import in_words
        from cbsn_pipeline.software import hardware

        provenance = self._denoiser.provenance
        total, known = self.num_images * self.num_blocks, bool(provenance.trained_on)
        return {
            "denoiser": {
                "file": str(self._file) if self._file else None,
                "weights": self._options.weights,
                "padding": self._options.padding,
                "restitution": restitution_in_words(self._options.restitution),
                "steps": provenance.steps,
                "data_kind": provenance.data_kind,
                "data_digest": provenance.data_digest,
                "imported": provenance.imported,
            },
            "dagger": in_words(self._num_seen, total, known=known, what="blocks"),
            "trained_on_blocks": self._num_seen,
            "time": self._pace.facts() | {"hardware": hardware()},
            "mean_absolute_change": float(np.mean(self._changes)),
            "mean_absolute_change_by_image": self._changes,
        }

    def _begin(self) -> None:
        self._pace, self._num_seen = Pace(), 0
        self._changes: list[float] = []

    def _denoise(self, noisy: Blocks) -> Blocks:
        blocks, height, width, _ = noisy.shape
        with self._pace.timed(pixels=blocks * height * width):
            return self._denoiser.denoise_blocks(
                noisy,
                padding=self._options.padding,
                batch_size=self._options.batch_size,
            )


def denoise_sidd_benchmark(
    denoiser: Denoiser, benchmark_noisy_blocks: Blocks, options: SubmitSiddOptions
) -> Submission:
    """Denoise SIDD's benchmark blocks, image by image, while they are written.

    Each block is denoised on its own, with its own statistics, as when validating.

    Args:
        denoiser: The trained network.
        benchmark_noisy_blocks: (images, blocks, 256, 256, 3) uint8.
        options: Size of the set; layouts; how blocks are denoised.

    Returns:
        An iterable of the blocks of each image, uint8.

    Raises:
        ValueError: The set has another size than declared, or averaged weights are
            asked for and there are none.
    """
    from cbsn_pipeline.benchmarks.sidd.blocks import check_blocks

    check_blocks(
        benchmark_noisy_blocks,
        source="The data set benchmark_noisy_blocks",
        num_images=options.num_images,
        num_blocks=options.num_blocks,
    )
    return Submission(denoiser, benchmark_noisy_blocks, options)


def report_sidd_submission(
    sidd_submission: SavedSiddSubmission, options: SubmitSiddOptions
) -> tuple[dict[str, Any], dict[str, float]]:
    """Say what was written and what it holds, on paper and on the screen.

    Args:
        sidd_submission: As saved: every file was read back and compared before.
        options: Size of the set.

    Returns:
        ``folder``, whether it is ``uploadable``, sizes, what denoised it and how fast
        (seconds per megapixel), whether it was trained on (dagger), hash of all
        denoised pixels, mean absolute change (of 0..255), and bytes and hash of each
        file. And its metrics.
    """
    from cbsn_pipeline.benchmarks.sidd.submission import is_whole_set

    report = {
        "folder": str(sidd_submission.path),
        "uploadable": is_whole_set(options.num_images, options.num_blocks),
        "num_images": options.num_images,
        "num_blocks": options.num_blocks,
        **sidd_submission.facts,
        "files": sidd_submission.describe_files(),
    }
    _say(report)
    seconds = report["time"]["seconds_per_megapixel"]
    return report, {
        "submit_sidd/mean_absolute_change": report["mean_absolute_change"],
        "submit_sidd/seconds_per_megapixel": seconds,
    }


def _say(report: dict[str, Any]) -> None:
    files = ", ".join(report["files"])
    if report["uploadable"]:
        logger.info("In %s are %s", report["folder"], files)
    else:
        logger.warning(
            "%s holds %d images of %d blocks, part of the benchmark (40 of 32): it is "
            "not for upload. Files: %s",
            *(report["folder"], report["num_images"], report["num_blocks"], files),
        )


def _mean_change(denoised: Blocks, noisy: Blocks) -> float:
    change = np.maximum(denoised, noisy) - np.minimum(denoised, noisy)
    return float(change.mean(dtype=np.float64))
