"""Go on from the newest state that any process of a training has."""

import io
import logging
from pathlib import Path

import torch

from cbsn_pipeline.training.checkpoints.content import SavedState, restore
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.data.batches import PatchSource
from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import TrainerState

logger = logging.getLogger(__name__)


def resume(
    store: StateStore,
    trainer: TrainerState,
    source: PatchSource,
    options: TrainOptions,
    ranks: Ranks,
) -> SavedState | None:
    """Put the newest state into ``trainer``.

    Returns:
        That state; None to start at step 0.

    Raises:
        ValueError: It cannot be continued with these options.
    """
    saved = _newest_of_all(store, ranks)
    if saved is None:
        logger.info("%s holds no state yet: starting at step 0.", store.folder)
        return None
    if saved.step > options.steps:
        raise ValueError(
            f"{saved.path} has taken {saved.step} steps, train.steps is "
            f"{options.steps}: they cannot be taken back. Raise train.steps, or start "
            "anew with train.resume=false."
        )
    restore(
        saved, trainer, options, digest=source.digest, fingerprint=source.fingerprint
    )
    logger.info("Resuming after step %d from %s.", saved.step, saved.path)
    return saved


def _newest_of_all(store: StateStore, ranks: Ranks) -> SavedState | None:
    """Load the newest state that any rank has: hosts may not share their disks."""
    saved = store.latest()
    steps = ranks.gather(saved.step if saved else -1)
    newest = steps.index(max(steps))
    if ranks.size == 1 or steps[newest] < 0:
        return saved
    ours = saved.path.read_bytes() if saved and ranks.rank == newest else b""
    content = torch.load(
        io.BytesIO(ranks.broadcast(ours, newest)), map_location="cpu", weights_only=True
    )
    path = saved.path if ours and saved else Path(f"rank {newest}'s state")
    return SavedState(path, steps[newest], content)
