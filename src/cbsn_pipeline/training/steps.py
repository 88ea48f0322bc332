"""The training loop: three passes, one backward pass, one Adam, nothing hidden."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from cbsn_pipeline.cbsn.losses import training_loss
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.training.batches import Batches
from cbsn_pipeline.training.device import choose_precision
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.schedule import learning_rate_at, ramp_at

ADAM_EPSILON = 1e-8
LOSS_NAMES = ("total", "blind", "invariance", "visible")


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


class Trainee(NamedTuple):
    """The network and what trains it: together they are what a state saves."""

    net: CBSN
    optimiser: torch.optim.Adam


def new_trainee(options: TrainOptions, device: torch.device) -> Trainee:
    """Make a freshly initialised network, from the seed alone, and its optimiser."""
    generator = torch.Generator().manual_seed(options.seed)
    net = CBSN(options.network, generator=generator).to(device)
    # 1x1 kernels are plain matrix products in this layout
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(
        net.parameters(), lr=options.learning_rate, eps=ADAM_EPSILON
    )
    return Trainee(net, optimiser)


def train_steps(
    trainee: Trainee, batches: Batches, options: TrainOptions, *, start: int = 0
) -> Iterator[StepReport]:
    """Train from step ``start`` to the last, one report per step.

    Between two reports the trainee is at rest: that is the moment to save, to
    validate, or to stop.

    Args:
        trainee: Network and optimiser; changed in place.
        batches: The batch of every step.
        options: Schedule, strides and weights.
        start: Steps already taken.

    Yields:
        The report of each step, in order.

    Source:
        train.py of jyicu/CBSN at 37da7aa.
    """
    net, optimiser = trainee
    device = next(net.parameters()).device
    half = choose_precision(options.precision, device) == torch.bfloat16
    for step, batch in enumerate(batches.prefetch(start, options.steps), start=start):
        learning_rate, ramp = learning_rate_at(step, options), ramp_at(step, options)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        crops = batch.crops.to(device, memory_format=torch.channels_last)
        picks = batch.picks.to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            total, parts = training_loss(net, crops, picks, ramp, options)
        optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses = torch.stack([total.detach(), *parts.values()])
        yield StepReport(step + 1, losses, learning_rate, ramp)


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
    report = next(
        r for r in reports if not math.isfinite(sum(r.loss_values().values()))
    )
    losses = ", ".join(f"{n} {v:.4g}" for n, v in report.loss_values().items())
    raise NonFiniteLossError(
        f"The loss of step {report.step} is not finite ({losses}; learning rate "
        f"{report.learning_rate:.3g}). Its crops: {batches.describe(report.step - 1)}. "
        "Likely causes: a learning rate too high for this batch size, or damaged "
        f"pixels in those images. {remedy}"
    )
