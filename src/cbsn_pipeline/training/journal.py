"""What a training leaves behind while it runs: log, metrics, pictures, states."""

import logging
import time
from statistics import fmean
from typing import Any

from cbsn_pipeline import tracking
from cbsn_pipeline.training.batches import Batches
from cbsn_pipeline.training.held_out import HeldOutBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.state import StateStore
from cbsn_pipeline.training.steps import (
    LOSS_NAMES,
    StepReport,
    Trainee,
    check_finite,
)

logger = logging.getLogger(__name__)


class Journal:
    """Collects step reports and passes them on in batches.

    Reading a loss waits for the device, so losses are read every ``log_every`` steps
    and checked then; a state is only saved after that check.
    """

    def __init__(
        self,
        trainee: Trainee,
        batches: Batches,
        store: StateStore,
        held_out: HeldOutBlocks | None,
        options: TrainOptions,
    ) -> None:
        self._trainee = trainee
        self._batches = batches
        self._store = store
        self._held_out = held_out
        self._options = options
        self._pending: list[StepReport] = []
        self._last_losses: dict[str, float] = {}
        self._history: list[dict[str, float]] = []
        self._started = time.monotonic()
        self._last_log = self._started
        if held_out:
            noisy = {"held_out/noisy_psnr_db": held_out.noisy_psnr()}
            tracking.log_metrics(noisy, step=0)
            subset = {"indices": held_out.indices, "of": held_out.total}
            tracking.log_dict("training/held_out_blocks.json", subset)

    @property
    def headline(self) -> dict[str, float]:
        """What the progress bar shows: last loss, last held-out PSNR."""
        shown = {}
        if self._last_losses:
            shown["loss"] = self._last_losses["total"]
        if self._history:
            shown["psnr_db"] = self._history[-1]["psnr_db"]
        return shown

    def add(self, report: StepReport) -> None:
        """Take note of a step; reads nothing from the device."""
        self._pending.append(report)

    def log(self) -> None:
        """Check and log the losses of the steps since the last call."""
        if not self._pending:
            return
        check_finite(self._pending, self._batches, self._remedy())
        now, last = time.monotonic(), self._pending[-1]
        values = [report.loss_values() for report in self._pending]
        self._last_losses = {n: fmean(v[n] for v in values) for n in LOSS_NAMES}
        metrics = {f"train/loss_{n}": v for n, v in self._last_losses.items()}
        metrics["train/learning_rate"] = last.learning_rate
        metrics["train/ramp"] = last.ramp
        metrics["train/steps_per_second"] = len(values) / (now - self._last_log)
        tracking.log_metrics(metrics, step=last.step)
        self._pending, self._last_log = [], now

    def validate(self, step: int) -> None:
        """Score the held-out blocks, if there are any."""
        if self._held_out is None:
            return
        score = self._held_out.score(self._trainee.net)
        self._history.append({"step": step, "psnr_db": score.psnr_db})
        logger.info("Step %d: held-out PSNR %.2f dB.", step, score.psnr_db)
        tracking.log_metrics({"held_out/psnr_db": score.psnr_db}, step=step)
        count = min(self._options.validation_images, len(score.denoised))
        for place in range(count):
            picture = self._held_out.picture(score.denoised, place)
            name = f"held_out_{self._held_out.indices[place]}_noisy_denoised_clean"
            tracking.log_image(name, picture, step=step)

    def save(self, step: int) -> None:
        """Save the resumable state."""
        path = self._store.save(
            self._trainee, step, self._options, digest=self._batches.digest
        )
        tracking.flush()
        logger.info("Step %d: state saved to %s.", step, path)

    def report(self, start: int) -> dict[str, Any]:
        """Summarise the training for the report dataset."""
        seconds = time.monotonic() - self._started
        device = next(self._trainee.net.parameters()).device
        return {
            "steps": self._options.steps,
            "resumed_after_step": start,
            "seconds": round(seconds, 3),
            "steps_per_second": round((self._options.steps - start) / seconds, 4),
            "device": str(device),
            "parameters": self._trainee.net.num_parameters,
            "data_digest": self._batches.digest,
            "losses": self._last_losses,
            "held_out": self._history,
        }

    def _remedy(self) -> str:
        state = self._store.latest_path()
        if state is None:
            return "No state was saved yet; start anew with a lower learning rate."
        return (
            f"The last good state is {state}: lower train.learning_rate and start "
            "anew, or continue from it with --params train.resume=true."
        )
