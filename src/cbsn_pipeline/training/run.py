"""Run a whole training: prepare, take the steps, watch, save, stop when asked."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.training.checkpoints.content import SavedState, restore
from cbsn_pipeline.training.checkpoints.store import StateStore
from cbsn_pipeline.training.data.batches import Batches, PatchSource, patches_bytes
from cbsn_pipeline.training.fast_step import fast_step
from cbsn_pipeline.training.hardware.device import choose_device, tune
from cbsn_pipeline.training.hardware.memory_errors import is_out_of_memory
from cbsn_pipeline.training.hardware.ranks import ALONE, Ranks
from cbsn_pipeline.training.hardware.speed import Speed, choose_speed
from cbsn_pipeline.training.loop import Step, train_steps
from cbsn_pipeline.training.monitoring.monitor import Monitor
from cbsn_pipeline.training.monitoring.recorder import NoRecorder, Recorder
from cbsn_pipeline.training.monitoring.watched_blocks import WatchedBlocks
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.stop import StopRequest
from cbsn_pipeline.training.trainer_state import TrainerState, new_trainer_state

logger = logging.getLogger(__name__)

HOW_TO_GO_ON = (
    "Stopped after step %d; its state is saved. To go on, repeat the command with "
    "--params train.resume=true (it may stay there from the start)."
)
MEMORY_ADVICE = (
    "Lower train.batch_size or train.crop_size; set train.precision to bfloat16 or "
    "train.speed.patches_on_device to false; or share the batch among GPUs with "
    "train.devices. kedro run --pipeline=estimate says what fits. Saved states are "
    "untouched."
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
        return _conduct(materials, options, store, recorder, ranks)


def _conduct(
    materials: Materials,
    options: TrainOptions,
    store: StateStore,
    recorder: Recorder,
    ranks: Ranks,
) -> Outcome:
    device = choose_device(options.device, local_rank=ranks.local_rank)
    tune(device, options.speed.threads, processes=ranks.local_size)
    with _memory_advice(options):
        speed = choose_speed(
            options,
            CBSN(options.network),
            device,
            ranks=ranks.size,
            patches_bytes=patches_bytes(materials.source),
        )
        trainer = new_trainer_state(options, device, speed)
        saved = _resume(materials, trainer, options, store, ranks)
        start = saved.step if saved else 0
        batches = Batches(
            materials.source,
            options,
            device=device,
            resident=speed.patches_on_device,
            ranks=ranks,
        )
        monitor = Monitor(
            trainer,
            batches,
            store,
            materials.held_out,
            options,
            recorder=recorder,
            ranks=ranks,
            seconds_before=saved.content["seconds"] if saved else 0.0,
            # states of before have no curve and no alarms
            held_out_before=saved.content.get("held_out", ()) if saved else (),
            alarms_before=saved.content.get("alarms", ()) if saved else (),
            precisions=_precisions(saved, speed),
        )
        _announce(speed, trainer, ranks)
        step = fast_step(trainer, options, speed, wrap=_exchange_gradients(ranks))
        _run(trainer, batches, step, monitor, recorder, ranks, options, start)
    report = monitor.report(start) | {"speed": str(speed), "fallbacks": speed.notes}
    report |= _of_the_first(report, ranks)
    return Outcome(trainer.net, trainer.average, report)


def _run(
    trainer: TrainerState,
    batches: Batches,
    take_step: Step,
    monitor: Monitor,
    recorder: Recorder,
    ranks: Ranks,
    options: TrainOptions,
    start: int,
) -> None:
    """Take the steps; between two of them note, watch, save and, when asked, stop."""
    reports = train_steps(trainer, batches, options, start=start, take_step=take_step)
    with StopRequest() as stop:
        for report in reports:
            monitor.add(report)
            step, last = report.step, report.step == options.steps
            overdue = monitor.minutes_unsaved >= options.save_every_minutes
            stopping, saving = ranks.any(stop.requested, overdue)  # all do the same
            saving |= last or stopping or step % options.save_every == 0
            if saving or step % options.log_every == 0:
                monitor.log()
            if last or step % options.validate_every == 0:
                monitor.log()  # no state is saved before its losses were checked
                with _saving_when_memory_runs_out(monitor, step):
                    monitor.validate(step)
            if saving:
                monitor.save(step)
            recorder.advance(step, monitor.headline)
            if stopping:
                logger.warning(HOW_TO_GO_ON, step)
                stop.raise_as_requested()


@contextmanager
def _saving_when_memory_runs_out(monitor: Monitor, step: int) -> Iterator[None]:
    """Keep the steps so far where scoring takes more memory than they did."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            monitor.save(step)
        raise


def _resume(
    materials: Materials,
    trainer: TrainerState,
    options: TrainOptions,
    store: StateStore,
    ranks: Ranks,
) -> SavedState | None:
    """Put the state to go on from into the trainer; None to start at step 0."""
    if not options.resume:
        return None
    saved = _newest_of_all(store, ranks)
    if saved is None:
        logger.info("%s holds no state yet: starting at step 0.", store.folder)
        return None
    source = materials.source
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


def _precisions(saved: SavedState | None, speed: Speed) -> list[str]:
    """List what the training was computed in, this session last; say what changed."""
    before = list(saved.content.get("precisions", ())) if saved else []
    now = str(speed.precision).removeprefix("torch.")
    if before and before[-1] != now:
        logger.warning(
            "The steps so far were computed in %s, the next ones are in %s: "
            "train.precision set to either keeps it.",
            before[-1],
            now,
        )
    return before if now in before[-1:] else [*before, now]


def _of_the_first(report: dict[str, Any], ranks: Ranks) -> dict[str, Any]:
    """What the first rank alone knows, for the reports of all hosts."""
    if ranks.size == 1:
        return {}
    known = {name: report[name] for name in ("held_out", "alarms")}
    told = ranks.broadcast(json.dumps(known).encode() if ranks.is_first else b"", 0)
    shared: dict[str, Any] = json.loads(told)
    return shared


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


def _exchange_gradients(ranks: Ranks) -> Any:  # noqa: ANN401
    """Say how to wrap the losses so that all ranks take the same step."""
    if ranks.size == 1:
        return None

    def wrap(module: nn.Module) -> nn.Module:
        return nn.parallel.DistributedDataParallel(module, forward_sync_buffers=False)

    return wrap


def _announce(speed: Speed, trainer: TrainerState, ranks: Ranks) -> None:
    if not ranks.is_first:
        return
    processes = f" in {ranks.size} processes" if ranks.size > 1 else ""
    logger.info("Training on %s%s: %s.", trainer.device, processes, speed)
    for note in speed.notes:
        logger.info("%s", note)


@contextmanager
def _memory_advice(options: TrainOptions) -> Iterator[None]:
    """Turn torch's out-of-memory errors into one that says what would help."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(
            f"There is not enough memory to train {options.network.channels} channels "
            f"x {options.network.blocks} blocks on {options.batch_size} crops of "
            f"{options.crop_size} x {options.crop_size} ({_first_line(error)}). "
            f"{MEMORY_ADVICE}"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0]
