"""The training loop: three passes, one backward pass, one Adam, nothing hidden."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from cbsn_pipeline.cbsn.losses import training_loss
from cbsn_pipeline.training.data.batches import Batch, Batches
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.schedule import learning_rate_at, ramp_at
from cbsn_pipeline.training.trainer_state import TrainerState

LOSS_NAMES = ("total", "blind", "invariance", "visible")

Step = Callable[[Batch, float, float], Tensor]
"""Trains on a batch, given learning rate and ramp; returns the step's ``LOSS_NAMES``,
(4,), on the device."""


class NonFiniteLossError(ArithmeticError):
    """The loss became NaN or infinite: the weights can no longer be trusted."""


class StepReport(NamedTuple):
    """What a step did. ``losses`` stays on the device: reading it waits for it."""

    step: int
    """Steps taken, this one included."""
    losses: Tensor
    """The step's ``LOSS_NAMES``, (4,), normalised intensity."""
    learning_rate: float
    ramp: float

    def loss_values(self) -> dict[str, float]:
        """Losses by name, as numbers."""
        return dict(zip(LOSS_NAMES, self.losses.tolist(), strict=True))


def train_steps(
    trainer: TrainerState,
    batches: Batches,
    options: TrainOptions,
    *,
    start: int = 0,
    take_step: Step | None = None,
) -> Iterator[StepReport]:
    """Train from step ``start`` to the last, one report per step.

    Between two reports the trainer is at rest: that is the moment to save, to
    validate, or to stop.

    Args:
        trainer: Network and optimiser; changed in place.
        batches: The batch of every step, on the trainer's device.
        options: Schedule, strides and weights.
        start: Steps already taken.
        take_step: A step that gives the same numbers sooner (see ``fast_step``); the
            plain one by default.

    Yields:
        The report of each step, in order.

    Source:
        train.py of jyicu/CBSN at 37da7aa.
    """
    take_step = take_step or plain_step(trainer, options)
    for step, batch in enumerate(batches.prefetch(start, options.steps), start=start):
        learning_rate, ramp = learning_rate_at(step, options), ramp_at(step, options)
        losses = take_step(batch, learning_rate, ramp)
        trainer.update_average(step, options.ema_decay)
        yield StepReport(step + 1, losses, learning_rate, ramp)


def plain_step(trainer: TrainerState, options: TrainOptions) -> Step:
    """Make the step that every faster one must agree with."""
    net, optimiser = trainer.net, trainer.optimiser

    def take_step(batch: Batch, learning_rate: float, ramp: float) -> Tensor:
        trainer.set_learning_rate(learning_rate)
        total, parts = training_loss(net, batch.crops, batch.picks, ramp, options)
        optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return torch.stack([total.detach(), *parts.values()])

    return take_step


def check_finite(reports: list[StepReport], batches: Batches, remedy: str) -> None:
    """Raise for the first of ``reports`` whose loss is not a finite number.

    Args:
        reports: Reports in order, as :func:`train_steps` gave them.
        batches: To name the data of the faulty step.
        remedy: What the user can go back to.

    Raises:
        NonFiniteLossError: Names the step, the data and ``remedy``.
    """
    if not reports or bool(
        torch.isfinite(torch.stack([r.losses for r in reports])).all()
    ):
        return
    report = next(r for r in reports if not math.isfinite(sum(r.losses.tolist())))
    losses = ", ".join(f"{n} {v:.4g}" for n, v in report.loss_values().items())
    raise NonFiniteLossError(
        f"The loss of step {report.step} is not finite ({losses}; learning rate "
        f"{report.learning_rate:.3g}). Its crops: {batches.describe(report.step - 1)}. "
        "Likely causes: a learning rate too high for this batch size, or damaged "
        f"pixels in those images. {remedy}"
    )
