"""Run a whole training: prepare, resume, take the steps, report."""

import json
import logging
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.training.checkpoints.resume import resume
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.data.batches import Batches, PatchSource, patches_bytes
from cbsn_pipeline.training.duties import due_after
from cbsn_pipeline.training.fast_step import fast_step
from cbsn_pipeline.training.hardware.device import choose_device, tune
from cbsn_pipeline.training.hardware.memory_errors import memory_advice
from cbsn_pipeline.training.hardware.ranks import ALONE, Ranks
from cbsn_pipeline.training.hardware.speed import Speed, choose_speed
from cbsn_pipeline.training.loop import train_steps
from cbsn_pipeline.training.monitoring.history import History
from cbsn_pipeline.training.monitoring.monitor import Monitor
from cbsn_pipeline.training.monitoring.recorder import NoRecorder, Recorder
from cbsn_pipeline.training.monitoring.saver import Saver
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.stop import StopRequest
from cbsn_pipeline.training.trainer_state import TrainerState, new_trainer_state

logger = logging.getLogger(__name__)

HOW_TO_GO_ON = (
    "Stopped after step %d; its state is saved. To go on, repeat the command with "
    "--params train.resume=true (it may stay there from the start)."
)


@dataclass(frozen=True)
class Materials:
    """What a training works on."""

    source: PatchSource
    """Noisy patches."""
    held_out: WatchedBlocks | None
    """Blocks to watch it with."""
    state_folder: Path
    """Where its states are."""


class Outcome(NamedTuple):
    """What a training gives."""

    net: CBSN
    average: CBSN | None
    """The network with averaged weights, where options ask for one."""
    report: dict[str, Any]
    """How it came to be."""


def train(
    materials: Materials,
    options: TrainOptions,
    *,
    recorder: Recorder | None = None,
    ranks: Ranks = ALONE,
) -> Outcome:
    """Train to the last step, from the first or from the last saved state.

    Args:
        materials: Data, and the folder of the states.
        options: Everything else. With ``resume`` the last state is gone on from.
        recorder: Who is told.
        ranks: Which of several processes this is; all call this function.

    Raises:
        ValueError: A saved state cannot be continued with these options.
        NonFiniteLossError: The loss is no longer a number; states are kept.
        MemoryError: The device's memory does not suffice; names what would help.
        OSError: The disk is full, or another training writes to the same folder.
        KeyboardInterrupt, SystemExit: Somebody stopped it; the state is saved.
    """
    recorder = recorder or NoRecorder()
    store = StateStore(materials.state_folder)
    with store.only_writer() if ranks.is_first else nullcontext():
        with memory_advice(options):
            setup = _prepare(materials, options, ranks)
            history = _resume(setup, materials, options, store, ranks)
            monitor, saver = _watch(
                setup, history, materials, options, store, recorder, ranks
            )
            _announce(setup, ranks)
            _take_steps(setup, options, history.start, monitor, saver, ranks)
        report = _report(setup, monitor, ranks)
    return Outcome(setup.trainer.net, setup.trainer.average, report)


class _Setup(NamedTuple):
    """What takes the steps of a training."""

    trainer: TrainerState
    batches: Batches
    speed: Speed


def _prepare(materials: Materials, options: TrainOptions, ranks: Ranks) -> _Setup:
    """Choose device and speed; make the network and its batches."""
    device = choose_device(options.device, local_rank=ranks.local_rank)
    tune(device, options.speed.threads, processes=ranks.local_size)
    speed = choose_speed(
        options,
        CBSN(options.network),
        device,
        ranks=ranks.size,
        patches_bytes=patches_bytes(materials.source),
    )
    trainer = new_trainer_state(options, device, speed)
    batches = Batches(
        materials.source,
        options,
        device=device,
        resident=speed.patches_on_device,
        ranks=ranks,
    )
    return _Setup(trainer, batches, speed)


def _resume(
    setup: _Setup,
    materials: Materials,
    options: TrainOptions,
    store: StateStore,
    ranks: Ranks,
) -> History:
    """Go on from the last state where options ask for it; else begin at step 0."""
    saved = None
    if options.resume:
        saved = resume(store, setup.trainer, materials.source, options, ranks)
    return History.after(saved, setup.speed)


def _watch(
    setup: _Setup,
    history: History,
    materials: Materials,
    options: TrainOptions,
    store: StateStore,
    recorder: Recorder,
    ranks: Ranks,
) -> tuple[Monitor, Saver]:
    """Make what reports on the training and what saves its states."""
    monitor = Monitor(
        setup.trainer,
        setup.batches,
        store,
        materials.held_out,
        options,
        recorder=recorder,
        ranks=ranks,
        history=history,
    )
    saver = Saver(
        setup.trainer,
        setup.batches,
        store,
        options,
        monitor=monitor,
        history=history,
        ranks=ranks,
    )
    return monitor, saver


def _take_steps(
    setup: _Setup,
    options: TrainOptions,
    start: int,
    monitor: Monitor,
    saver: Saver,
    ranks: Ranks,
) -> None:
    """Take the steps; after each do what is due."""
    trainer, batches, speed = setup
    take_step = fast_step(trainer, options, speed, wrap=_exchange_gradients(ranks))
    reports = train_steps(trainer, batches, options, start=start, take_step=take_step)
    with StopRequest() as stop:
        for report in reports:
            monitor.add(report)
            step = report.step
            due = due_after(
                step,
                options,
                ranks,
                minutes_unsaved=saver.minutes_unsaved,
                stop_requested=stop.requested,
            )
            if due.log:
                monitor.log()
            if due.validate:
                with saver.saving_when_memory_runs_out(step):
                    saver.save_if_best(step, monitor.validate(step))
            if due.save:
                saver.save(step)
            monitor.advance(step)
            if due.stop:
                logger.warning(HOW_TO_GO_ON, step)
                stop.raise_as_requested()


def _report(setup: _Setup, monitor: Monitor, ranks: Ranks) -> dict[str, Any]:
    report = monitor.report()
    report |= {"speed": str(setup.speed), "fallbacks": setup.speed.notes}
    return report | _of_the_first(report, ranks)


def _of_the_first(report: dict[str, Any], ranks: Ranks) -> dict[str, Any]:
    """What the first rank alone knows, for the reports of all hosts."""
    if ranks.size == 1:
        return {}
    known = {name: report[name] for name in ("held_out", "alarms")}
    told = ranks.broadcast(json.dumps(known).encode() if ranks.is_first else b"", 0)
    shared: dict[str, Any] = json.loads(told)
    return shared


def _exchange_gradients(ranks: Ranks) -> Any:  # noqa: ANN401
    """Say how to wrap the losses so that all ranks take the same step."""
    if ranks.size == 1:
        return None

    def wrap(module: nn.Module) -> nn.Module:
        return nn.parallel.DistributedDataParallel(module, forward_sync_buffers=False)

    return wrap


def _announce(setup: _Setup, ranks: Ranks) -> None:
    if not ranks.is_first:
        return
    processes = f" in {ranks.size} processes" if ranks.size > 1 else ""
    logger.info("Training on %s%s: %s.", setup.trainer.device, processes, setup.speed)
    for note in setup.speed.notes:
        logger.info("%s", note)
