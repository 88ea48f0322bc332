"""Tells how a training goes while it runs: log, metrics, pictures, alarms."""

import logging
import time
from typing import Any

import torch

from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.data.batches import Batches
from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.loop import (
    LOSS_NAMES,
    NonFiniteLossError,
    StepReport,
    check_finite,
)
from cbsn_pipeline.training.monitoring.alarms import raise_alarms, watch
from cbsn_pipeline.training.monitoring.history import History
from cbsn_pipeline.training.monitoring.recorder import Recorder
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import TrainerState

logger = logging.getLogger(__name__)


class Monitor:
    """Collects step reports and passes them on in batches.

    Reading a loss waits for the device, so losses are read every ``log_every`` steps
    and checked then; a state is only saved after that check. Every rank keeps one, and
    calls the same methods at the same steps; the first alone writes.
    """

    def __init__(
        self,
        trainer: TrainerState,
        batches: Batches,
        store: StateStore,
        held_out: WatchedBlocks | None,
        options: TrainOptions,
        *,
        recorder: Recorder,
        ranks: Ranks,
        history: History,
    ) -> None:
        self._trainer = trainer
        self._batches = batches
        self._store = store
        self._held_out = held_out
        self._options = options
        self._recorder = recorder
        self._ranks = ranks
        self._pending: list[StepReport] = []
        self._last_losses: dict[str, float] = {}
        self._history = history
        self._last_log = time.monotonic()
        if held_out and ranks.is_first:
            noisy_psnr = held_out.noisy_psnr()
            if noisy_psnr is not None:
                recorder.log_metrics({"held_out/noisy_psnr_db": noisy_psnr}, step=0)
            subset = {"indices": held_out.indices, "of": held_out.total}
            recorder.log_dict(f"training/{self._watched}_blocks.json", subset)

    @property
    def _headline(self) -> dict[str, float]:
        """What the progress bar shows: last loss, last held-out PSNR."""
        shown = {}
        if self._last_losses:
            shown["loss"] = self._last_losses["total"]
        if self._history.held_out:
            shown["psnr_db"] = self._history.held_out[-1]["psnr_db"]
        return shown

    @property
    def _watched(self) -> str:
        """What the blocks are called: only those with clean twins are held out."""
        known = self._held_out is not None and self._held_out.clean is not None
        return "held_out" if known else "watched"

    def add(self, report: StepReport) -> None:
        """Take note of a step; reads nothing from the device."""
        self._pending.append(report)

    def log(self) -> None:
        """Check and log the losses of the steps since the last call."""
        if not self._pending:
            return
        losses = self._ranks.mean(torch.stack([r.losses for r in self._pending]))
        reports = [
            report._replace(losses=values)
            for report, values in zip(self._pending, losses, strict=True)
        ]
        try:
            check_finite(reports, self._batches, self._remedy())
        except NonFiniteLossError as error:
            self._tag_alarm("not_finite", str(error))
            raise
        now, last = time.monotonic(), reports[-1]
        means = losses.double().mean(dim=0).tolist()
        self._last_losses = dict(zip(LOSS_NAMES, means, strict=True))
        metrics = {f"train/loss_{n}": v for n, v in self._last_losses.items()}
        metrics["train/learning_rate"] = last.learning_rate
        metrics["train/ramp"] = last.ramp
        metrics["train/steps_per_second"] = len(reports) / (now - self._last_log)
        if self._ranks.is_first:
            self._recorder.log_metrics(metrics, step=last.step)
        self._pending, self._last_log = [], now

    def validate(self, step: int) -> float | None:
        """Look at the blocks and score them.

        Returns:
            Their PSNR, dB; None where their truth is not known or another rank looks.
        """
        if self._held_out is None or not self._ranks.is_first:
            return None
        self.check_weights(step)
        score = self._held_out.score(self._trainer.net)
        self._show(score.denoised, step)
        self._raise_alarms(score.denoised, step)
        if score.psnr_db is not None:
            self._note_score(score.psnr_db, step)
        return score.psnr_db

    def _note_score(self, psnr_db: float, step: int) -> None:
        """Note a score on held-out blocks, and that of the averaged weights."""
        assert self._held_out is not None
        scores = {"psnr_db": psnr_db}
        if self._trainer.average is not None:
            average = self._held_out.score(self._trainer.average)
            assert average.psnr_db is not None
            scores["psnr_db_ema"] = average.psnr_db
        self._history.held_out.append({"step": step, **scores})
        metrics = {f"held_out/{name}": value for name, value in scores.items()}
        self._recorder.log_metrics(metrics, step=step)
        words = ", ".join(f"{v:.2f} dB" for v in scores.values())
        logger.info("Step %d: held-out PSNR %s.", step, words.replace(", ", ", EMA "))

    def advance(self, step: int) -> None:
        """Move the progress bar to ``step``."""
        self._recorder.advance(step, self._headline)

    def flush(self) -> None:
        """Send now what was collected."""
        self._recorder.flush()

    def report(self) -> dict[str, Any]:
        """Summarise the training for the report dataset."""
        history, seconds = self._history, self._history.seconds
        return {
            "steps": self._options.steps,
            "resumed_after_step": history.start,
            "seconds": round(seconds, 3),
            "seconds_of_all_sessions": round(history.seconds_before + seconds, 3),
            "steps_per_second": round(
                (self._options.steps - history.start) / seconds, 4
            ),
            "device": str(self._trainer.device),
            "processes": self._ranks.size,
            "parameters": self._trainer.net.num_parameters,
            "data_digest": self._batches.digest,
            "losses": self._last_losses,
            "held_out": history.held_out,
            "alarms": history.alarms,
            "precisions": history.precisions,
        }

    def _show(self, denoised: Any, step: int) -> None:  # noqa: ANN401
        assert self._held_out is not None
        for place in range(min(self._options.validation_images, len(denoised))):
            picture = self._held_out.picture(denoised, place)
            stages = (
                "noisy_denoised_clean"
                if self._held_out.clean is not None
                else "noisy_denoised"
            )
            name = f"{self._watched}_{self._held_out.indices[place]}_{stages}"
            self._recorder.log_image(name, picture, step=step)

    def _raise_alarms(self, denoised: Any, step: int) -> None:  # noqa: ANN401
        """Say in log and tracker what goes wrong, with the step; train on."""
        assert self._held_out is not None
        strides = (self._options.invariance_stride, self._options.blind_stride)
        values = watch(self._held_out.noisy, denoised, strides=strides)
        metrics = {f"watch/{name}": value for name, value in values.items()}
        self._recorder.log_metrics(metrics, step=step)
        for alarm in raise_alarms(values):
            logger.warning("Step %d: %s: %s", step, alarm.name, alarm.message)
            self._history.alarms.append({"step": step, **alarm._asdict()})
            self._tag_alarm(alarm.name, f"Step {step}: {alarm.message}")

    def _tag_alarm(self, name: str, message: str) -> None:
        if self._ranks.is_first:
            self._recorder.set_tags({f"alarm.{name}": message})
            self._recorder.flush()

    def check_weights(self, step: int) -> None:
        """Raise when the last update spoiled the weights, before that is saved.

        Raises:
            NonFiniteLossError: They are not finite; says what to go back to.
        """
        weights = self._trainer.net.parameters()
        if all(bool(torch.isfinite(weight).all()) for weight in weights):
            return
        message = (
            f"The weights after step {step} are not finite, though its loss was. "
            f"Likely cause: a learning rate too high for this batch size. "
            f"{self._remedy()}"
        )
        self._tag_alarm("not_finite", message)
        raise NonFiniteLossError(message)

    def _remedy(self) -> str:
        state = self._store.latest_path()
        if state is None:
            return "No state was saved yet; start anew with a lower learning rate."
        return (
            f"The last good state is {state}: lower train.learning_rate and start "
            "anew, or continue from it with --params train.resume=true."
        )
