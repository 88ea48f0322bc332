"""When a training logs, validates, saves and stops."""

from typing import NamedTuple

from cbsn_pipeline.training.hardware.ranks import Ranks
from cbsn_pipeline.training.options import TrainOptions


class Due(NamedTuple):
    """What is to be done after a step, in this order."""

    log: bool
    """Also whenever a state may be saved: its losses are checked before."""
    validate: bool
    save: bool
    stop: bool


def due_after(
    step: int,
    options: TrainOptions,
    ranks: Ranks,
    *,
    minutes_unsaved: float,
    stop_requested: bool,
) -> Due:
    """Say what is due after ``step`` steps; the same on every rank.

    Args:
        step: Steps taken.
        options: How often.
        ranks: All of them must ask after the same step.
        minutes_unsaved: Since this rank last saved.
        stop_requested: Whether this rank was asked to stop.
    """
    last = step == options.steps
    overdue = minutes_unsaved >= options.save_every_minutes
    stop, overdue = ranks.any(stop_requested, overdue)
    save = overdue or stop or last or step % options.save_every == 0
    validate = last or step % options.validate_every == 0
    log = save or validate or step % options.log_every == 0
    return Due(log, validate, save, stop)
