"""Saves the resumable states of a training, and the best one by its score."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cbsn_pipeline.training.checkpoints.store import Best, StateStore
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.hardware.memory_errors import is_out_of_memory
from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.monitoring.history import History
from cbsn_pipeline.training.monitoring.monitor import Monitor
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import TrainerState

logger = logging.getLogger(__name__)

SECONDS_PER_MINUTE = 60


class Saver:
    """Saves states of one training. Every rank has one; the first alone writes."""

    def __init__(
        self,
        trainer: TrainerState,
        batches: Batches,
        store: StateStore,
        options: TrainOptions,
        *,
        monitor: Monitor,
        history: History,
        ranks: Ranks,
    ) -> None:
        self._trainer = trainer
        self._batches = batches
        self._store = store
        self._options = options
        self._monitor = monitor
        self._history = history
        self._ranks = ranks
        self._saved_step = 0
        self._last_save = time.monotonic()

    @property
    def minutes_unsaved(self) -> float:
        """Minutes since the last state was saved."""
        return (time.monotonic() - self._last_save) / SECONDS_PER_MINUTE

    def save(self, step: int, best: Best | None = None) -> None:
        """Save the resumable state."""
        self._last_save = time.monotonic()
        if not self._ranks.is_first or step == self._saved_step:
            return
        self._monitor.check_weights(step)
        path = self._store.save(
            self._trainer,
            step,
            self._options,
            digest=self._batches.digest,
            fingerprint=self._batches.fingerprint,
            seconds=self._history.seconds_of_all_sessions,
            held_out=self._history.held_out,
            alarms=self._history.alarms,
            precisions=self._history.precisions,
            best=best,
        )
        self._saved_step = step
        self._monitor.flush()
        logger.info("Step %d: state saved to %s.", step, path)

    def save_if_best(self, step: int, psnr_db: float | None) -> None:
        """Save the state if its held-out score is the best so far."""
        best = self._store.best() if psnr_db is not None else None
        if psnr_db is not None and (best is None or psnr_db > best.psnr_db):
            self.save(step, Best(step, psnr_db))

    @contextmanager
    def saving_when_memory_runs_out(self, step: int) -> Iterator[None]:
        """Keep the steps so far where scoring takes more memory than they did."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                self.save(step)
            raise
