"""The network in training and what belongs to it."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.training.hardware.speed import PLAIN, Speed
from cbsn_pipeline.training.options import TrainOptions

ADAM_EPSILON = 1e-8


class TrainerState(NamedTuple):
    """The network and what trains it: together they are what a state saves."""

    net: CBSN
    optimiser: torch.optim.Adam
    average: CBSN | None = None
    """Moving average of the weights, where options ask for one."""

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return next(self.net.parameters()).device

    def set_learning_rate(self, learning_rate: float) -> None:
        """Set the rate of the next step, without waiting for the device."""
        for group in self.optimiser.param_groups:
            if isinstance(group["lr"], Tensor):  # read by a recorded CUDA graph
                group["lr"].fill_(learning_rate)
            else:
                group["lr"] = learning_rate

    @torch.no_grad()
    def update_average(self, steps: int, decay: float | None) -> None:
        """Move the averaged weights towards those after ``steps`` steps.

        Early on the average forgets faster, min(decay, (1 + n) / (10 + n)), as
        TensorFlow's ExponentialMovingAverage does: it starts at random weights.
        """
        if self.average is None or decay is None:
            return
        weight = 1 - min(decay, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(
            list(self.average.parameters()), list(self.net.parameters()), weight
        )


def new_trainer_state(
    options: TrainOptions, device: torch.device, speed: Speed = PLAIN
) -> TrainerState:
    """Make a freshly initialised network, from the seed alone, and its optimiser."""
    generator = torch.Generator().manual_seed(options.seed)
    net = CBSN(options.network, generator=generator).to(device)
    average = CBSN(options.network).to(device) if options.ema_decay else None
    if average is not None:
        average.load_state_dict(net.state_dict())
        average.requires_grad_(False)
    if speed.channels_last:
        for network in filter(None, (net, average)):  # one layout: averaged at once
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return TrainerState(net, _new_adam(net, options, speed, device), average)


def _new_adam(
    net: CBSN, options: TrainOptions, speed: Speed, device: torch.device
) -> torch.optim.Adam:
    settings: dict[str, Any] = {"lr": options.learning_rate}
    if speed.fused_adam:
        settings["fused"] = True
    if speed.cuda_graphs:  # what a graph reads must be on the device
        settings["capturable"] = True
        settings["lr"] = torch.tensor(options.learning_rate, device=device)
    return torch.optim.Adam(net.parameters(), eps=ADAM_EPSILON, **settings)
