"""Train the conditional blind-spot network, watched, resumable, tracked."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline import tracking
from cbsn_pipeline.datasets.manifest import Manifest
from cbsn_pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn.denoiser import Denoiser
    from cbsn_pipeline.pipelines.train.journal import Journal
    from cbsn_pipeline.training.batches import Batches, PatchSource
    from cbsn_pipeline.training.held_out import HeldOutBlocks
    from cbsn_pipeline.training.state import StateStore
    from cbsn_pipeline.training.steps import Trainee
else:  # Kedro resolves the annotations of nodes; these would import torch
    Denoiser = PatchSource = Any

Blocks = NDArray[np.uint8]

logger = logging.getLogger(__name__)

HOW_TO_GO_ON = (
    "Stopped after step %d; its state is saved. To go on, repeat the command with "
    "--params train.resume=true (it may stay there from the start)."
)


def train_denoiser(
    patches: PatchSource,
    manifest: Manifest,
    training_state: Path,
    held_out_noisy_blocks: Blocks | None,
    held_out_clean_blocks: Blocks | None,
    options: TrainOptions,
) -> tuple[Denoiser, dict[str, Any]]:
    """Train from the first step, or from the last saved state when resuming.

    Args:
        patches: Noisy patches, (P, P, 3) uint8 or float32 in [0, 1].
        manifest: The images the patches were cut from.
        training_state: Folder for resumable states.
        held_out_noisy_blocks: (images, blocks, H, W, 3), uint8, or None: scored now
            and then, never trained on.
        held_out_clean_blocks: Their clean twins, or None.
        options: Everything else.

    Returns:
        The denoiser of the last step, and a report of how it came to be.

    Raises:
        ValueError: The patches are of other data than the manifest, or a saved state
            cannot be continued with these options.
        NonFiniteLossError: The loss is no longer a number; states are kept.
        KeyboardInterrupt, SystemExit: Somebody stopped it; the state is saved.
    """
    from cbsn_pipeline.cbsn.denoiser import Denoiser, Provenance
    from cbsn_pipeline.pipelines.train.journal import Journal
    from cbsn_pipeline.training.batches import Batches
    from cbsn_pipeline.training.device import choose_device
    from cbsn_pipeline.training.state import StateStore
    from cbsn_pipeline.training.steps import new_trainee

    _check_same_data(patches, manifest)
    trainee = new_trainee(options, choose_device(options.device))
    store = StateStore(training_state)
    start = _resume(store, trainee, options, patches.digest)
    held_out = _choose_held_out(held_out_noisy_blocks, held_out_clean_blocks, options)
    batches = Batches(patches, options)
    journal = Journal(trainee, batches, store, held_out, options)
    _run(trainee, batches, journal, options, start)
    provenance = Provenance(
        data_digest=manifest.digest,
        data_kind=manifest.kind,
        steps=options.steps,
        trained_on=tuple(image.pixel_sha256 for image in manifest.images),
        options=options.model_dump(mode="json"),
    )
    return Denoiser(trainee.net, provenance), journal.report(start)


def _run(
    trainee: "Trainee",
    batches: "Batches",
    journal: "Journal",
    options: TrainOptions,
    start: int,
) -> None:
    """Take the steps; between two of them note, watch, save and, when asked, stop."""
    from cbsn_pipeline.progress import Progress
    from cbsn_pipeline.training.steps import train_steps
    from cbsn_pipeline.training.stop import StopRequest

    bar = Progress("Training", total=options.steps, completed=start, unit="steps")
    with StopRequest() as stop, bar:
        for report in train_steps(trainee, batches, options, start=start):
            last = report.step == options.steps
            journal.add(report)
            if last or stop.requested or report.step % options.log_every == 0:
                journal.log()
            if last or report.step % options.validate_every == 0:
                journal.validate(report.step)
            if last or stop.requested or report.step % options.save_every == 0:
                journal.save(report.step)
            bar.advance(1, **journal.headline)
            if stop.requested:
                logger.warning(HOW_TO_GO_ON, report.step)
            stop.raise_if_requested()


def _check_same_data(patches: PatchSource, manifest: Manifest) -> None:
    if patches.digest != manifest.digest:
        raise ValueError(
            f"The patches are of data {patches.digest[:12]}, the manifest is of data "
            f"{manifest.digest[:12]}: the images changed since the patches were cut. "
            "Run the whole of kedro run --pipeline=train, which cuts them again."
        )


def _resume(
    store: "StateStore", trainee: "Trainee", options: TrainOptions, digest: str
) -> int:
    """Return the step to start at; the trainee holds the state of it then."""
    from cbsn_pipeline.training.state import restore

    run_id = tracking.active_run_id()
    if not options.resume:
        store.set_aside()
        store.remember_run(run_id)
        return 0
    saved = store.latest()
    store.remember_run(run_id)
    if saved is None:
        logger.warning(
            "train.resume is set but %s holds no state yet: starting at step 0.",
            store.folder,
        )
        return 0
    restore(saved, trainee, options, digest=digest)
    logger.info("Resuming after step %d from %s.", saved.step, saved.path)
    return saved.step


def _choose_held_out(
    noisy: Blocks | None, clean: Blocks | None, options: TrainOptions
) -> "HeldOutBlocks | None":
    from cbsn_pipeline.training.held_out import HeldOutBlocks

    if noisy is None or clean is None:
        logger.info("No held-out blocks: this training is watched by its losses alone.")
        return None
    held_out = HeldOutBlocks.choose(noisy, clean, count=options.validation_blocks)
    logger.info(
        "Watching %d of %d held-out blocks, evenly spread; noisy: %.2f dB.",
        len(held_out.indices),
        held_out.total,
        held_out.noisy_psnr(),
    )
    return held_out
