"""Train the conditional blind-spot network, watched, resumable, tracked."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.training.options import TrainOptions

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn.denoiser import Denoiser
    from cbsn_pipeline.training.data.batches import PatchSource
    from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
else:  # Kedro resolves the annotations of nodes; these would import torch
    Denoiser = PatchSource = Any

Blocks = NDArray[np.uint8]

logger = logging.getLogger(__name__)


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
            and then.
        held_out_clean_blocks: Their clean twins, or None.
        options: Everything else.

    Returns:
        The denoiser of the last step, and a report of how it came to be.

    Raises:
        ValueError: The patches are of other data than the manifest, or a saved state
            cannot be continued with these options.
        NonFiniteLossError: The loss is no longer a number; states are kept.
        ChildProcessError: Too many of several processes were lost.
        MemoryError: The device's memory does not suffice; names what would help.
        KeyboardInterrupt, SystemExit: Somebody stopped it; the state is saved.
    """
    from cbsn_pipeline.cbsn import Denoiser, Provenance
    from cbsn_pipeline.tracked_recorder import TrackedRecorder
    from cbsn_pipeline.training.distributed.launch import is_alone, launch
    from cbsn_pipeline.training.run import Materials, train

    _check_same_data(patches, manifest)
    watched = _choose_watched(
        patches, held_out_noisy_blocks, held_out_clean_blocks, options
    )
    materials = Materials(patches, watched, training_state)
    with TrackedRecorder(options.steps) as recorder:
        _prepare_states(training_state, options, recorder.run_id)
        train_all_steps = train if is_alone(options) else launch
        net, average, report = train_all_steps(materials, options, recorder=recorder)
    provenance = Provenance(
        data_digest=manifest.digest,
        data_kind=manifest.kind,
        steps=options.steps,
        trained_on=tuple(image.pixel_sha256 for image in manifest.images),
        options=options.model_dump(mode="json"),
    )
    return Denoiser(net, provenance, average=average), report


def _check_same_data(patches: PatchSource, manifest: Manifest) -> None:
    if patches.digest != manifest.digest:
        raise ValueError(
            f"The patches are of data {patches.digest[:12]}, the manifest is of data "
            f"{manifest.digest[:12]}: the images changed since the patches were cut. "
            "Run the whole of kedro run --pipelines=train, which cuts them again."
        )


def _prepare_states(folder: Path, options: TrainOptions, run_id: str | None) -> None:
    """Note whose states these will be; those of another training are put aside."""
    from cbsn_pipeline.training.checkpoints.store import StateStore

    store = StateStore(folder)
    with store.only_writer():
        if not options.resume:
            store.set_aside()
        if run_id or not options.resume:  # one that is not tracked forgets no other
            store.remember_run(run_id, host=options.host)


def _choose_watched(
    patches: PatchSource,
    noisy: Blocks | None,
    clean: Blocks | None,
    options: TrainOptions,
) -> "WatchedBlocks":
    from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks

    if noisy is None or clean is None:
        watched = WatchedBlocks.of_patches(patches, count=options.validation_blocks)
        logger.info(
            "No held-out blocks: %d of the patches are watched, without a score.",
            len(watched.indices),
        )
        return watched
    held_out = WatchedBlocks.choose(noisy, clean, count=options.validation_blocks)
    logger.info(
        "Watching %d of %d held-out blocks, evenly spread; noisy: %.2f dB.",
        len(held_out.indices),
        held_out.total,
        held_out.noisy_psnr(),
    )
    return held_out
