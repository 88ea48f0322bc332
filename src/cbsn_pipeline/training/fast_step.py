"""The step of ``loop.plain_step``, sooner: the same losses, the same network.

Every means is a choice of :class:`Speed`; tests hold each against the plain step.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch._functorch.config as functorch
from torch import Tensor, nn

from cbsn_pipeline.cbsn.losses import training_loss
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.cbsn.undilated import undilated_forward
from cbsn_pipeline.training.data.batches import Batch
from cbsn_pipeline.training.hardware.memory_errors import is_out_of_memory
from cbsn_pipeline.training.hardware.speed import Speed
from cbsn_pipeline.training.loop import Step
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import TrainerState

logger = logging.getLogger(__name__)

EAGER_STEPS = 3  # before a recording: libraries choose kernels, Adam makes its state

Wrap = Callable[[nn.Module], nn.Module]


def fast_step(
    trainer: TrainerState,
    options: TrainOptions,
    speed: Speed,
    *,
    wrap: Wrap | None = None,
) -> Step:
    """Make a step that takes every means of ``speed``.

    Args:
        trainer: Network and optimiser; changed in place.
        options: Strides and weights of the loss.
        speed: What to use.
        wrap: Put around the module that computes the losses, to exchange gradients
            with other ranks.

    Returns:
        The step: to be called with batches of one size.
    """
    module: nn.Module = LossModule(trainer.net, options, speed)
    step = _EagerStep(trainer, wrap(module) if wrap else module)
    return _RecordedStep(step, trainer.device) if speed.cuda_graphs else step


class LossModule(nn.Module):
    """The network and its losses as one module: called once per step.

    That is what DistributedDataParallel needs, which counts forward passes, and what
    torch.compile wants, which sees all three passes at once.
    """

    def __init__(self, net: CBSN, options: TrainOptions, speed: Speed) -> None:
        super().__init__()
        self.net = net
        self._options = options
        self._speed = speed
        self._losses: Callable[[Tensor, Tensor, Tensor], Tensor] = (
            _Compiled(self._compute) if speed.compile else self._compute
        )

    def forward(self, crops: Tensor, picks: Tensor, ramp: Tensor) -> Tensor:
        """Compute the losses of a batch.

        Args:
            crops: (B, 3, H, W), normalised intensity.
            picks: (B, H/s, W/s).
            ramp: Scalar in [0, 1].

        Returns:
            ``LOSS_NAMES``, (4,), float32; the first is differentiable.
        """
        layout = torch.channels_last if self._speed.channels_last else None
        crops = crops.contiguous(memory_format=layout or torch.contiguous_format)
        half = self._speed.precision == torch.bfloat16
        with torch.autocast(crops.device.type, dtype=torch.bfloat16, enabled=half):
            return self._losses(crops, picks, ramp)

    def _compute(self, crops: Tensor, picks: Tensor, ramp: Tensor) -> Tensor:
        run = self._run_undilated if self._speed.undilated else self._run
        total, parts = training_loss(run, crops, picks, ramp, self._options)
        return torch.stack([total, *parts.values()])

    def _run(self, x: Tensor, blind: bool = False) -> Tensor:
        output: Tensor = self.net(x, blind)
        return output.float()  # losses are sums over many pixels

    def _run_undilated(self, x: Tensor, blind: bool = False) -> Tensor:
        return undilated_forward(self.net, x, blind).float()


class _Compiled:
    """A function compiled on its first call; as it was, where that fails."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        self._plain = function
        self._chosen: Callable[..., Tensor] = torch.compile(function, dynamic=False)
        self._proven = False

    def __call__(self, *inputs: Tensor) -> Tensor:
        if self._proven:
            return self._chosen(*inputs)
        try:
            # else gradients are compiled after we have returned
            with functorch.patch(force_non_lazy_backward_lowering=True):
                output = self._chosen(*inputs)
        except Exception as error:  # whatever a compiler may raise
            if is_out_of_memory(error):
                raise
            logger.warning(
                "compile is off: torch.compile failed (%s: %s).",
                type(error).__name__,
                str(error).strip().partition("\n")[0],
            )
            self._chosen = self._plain
            output = self._plain(*inputs)
        self._proven = True
        return output


class _EagerStep:
    """Loss, gradients, Adam."""

    def __init__(self, trainer: TrainerState, losses: nn.Module) -> None:
        self.trainer = trainer
        self._losses = losses
        self._ramp = torch.zeros((), device=trainer.device)

    def __call__(self, batch: Batch, learning_rate: float, ramp: float) -> Tensor:
        self.set_schedule(learning_rate, ramp)
        return self.train_on(batch)

    def set_schedule(self, learning_rate: float, ramp: float) -> None:
        """Hand over what changes with the step, without waiting for the device."""
        self.trainer.set_learning_rate(learning_rate)
        self._ramp.fill_(ramp)

    def train_on(self, batch: Batch) -> Tensor:
        """Take the step that :meth:`set_schedule` prepared."""
        losses: Tensor = self._losses(batch.crops, batch.picks, self._ramp)
        self.trainer.optimiser.zero_grad(set_to_none=True)
        losses[0].backward()  # type: ignore[no-untyped-call]
        self.trainer.optimiser.step()
        return losses.detach()


class _Recording(NamedTuple):
    """A CUDA graph of a whole step with the memory it reads and writes."""

    graph: torch.cuda.CUDAGraph
    batch: Batch
    losses: Tensor


class _RecordedStep:
    """Records the kernels of a step once and replays them from then on.

    The first steps are taken as they come, on the stream that recording needs: they
    are steps of the training like all others.
    """

    def __init__(self, step: _EagerStep, device: torch.device) -> None:
        self._step = step
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._calls = 0
        self._recording: _Recording | None = None
        # kept when recording fails: the allocator goes on asking it
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, batch: Batch, learning_rate: float, ramp: float) -> Tensor:
        self._step.set_schedule(learning_rate, ramp)
        self._calls += 1
        if self._calls <= EAGER_STEPS:
            return self._take_aside(batch)
        if self._calls == EAGER_STEPS + 1:
            self._recording = self._record(batch)
        if self._recording is None:
            return self._step.train_on(batch)
        self._recording.batch.crops.copy_(batch.crops)
        self._recording.batch.picks.copy_(batch.picks)
        self._recording.graph.replay()
        return self._recording.losses.clone()  # the next replay writes there again

    def _take_aside(self, batch: Batch) -> Tensor:
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            losses = self._step.train_on(batch)
        torch.cuda.current_stream().wait_stream(self._stream)
        return losses

    def _record(self, batch: Batch) -> _Recording | None:
        ours = Batch(batch.crops.clone(), batch.picks.clone())
        self._step.trainer.optimiser.zero_grad(set_to_none=True)
        self._graph = torch.cuda.CUDAGraph()
        current = torch.cuda.current_stream()
        # the stream that libraries know already; thread_local: the thread that reads
        # patches ahead pins memory meanwhile
        recording = torch.cuda.graph(
            self._graph, stream=self._stream, capture_error_mode="thread_local"
        )
        try:
            with recording:
                losses = self._step.train_on(ours)
        except RuntimeError as error:
            torch.cuda.set_stream(current)  # a recording that fails does not go back
            if is_out_of_memory(error):
                raise
            cause = error.__context__ or error  # ending it fails in its turn
            logger.warning(
                "cuda_graphs is off: a step could not be recorded (%s).",
                str(cause).strip().partition("\n")[0],
            )
            return None
        return _Recording(self._graph, ours, losses)
