"""What changes with the step: the learning rate and the ramp of the losses."""

import math

from cbsn_pipeline.training.options import TrainOptions


def learning_rate_at(step: int, options: TrainOptions) -> float:
    """Learning rate of a step.

    Args:
        step: Steps already taken, from 0.
        options: ``halving``: halved every ``halving_steps``, as released. ``cosine``:
            half a cosine from the full rate at step 0 to zero at ``steps``.

    Returns:
        The rate for Adam.
    """
    if options.learning_rate_decay == "cosine":
        progress = min(step / options.steps, 1.0)
        return options.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
    return float(options.learning_rate * 0.5 ** (step // options.halving_steps))


def ramp_at(step: int, options: TrainOptions) -> float:
    """Weight of the visible and invariance terms at a step, in [0, 1].

    Linear from 0 at step 0 to 1 at ``ramp_steps``; always 1 where that is 0.
    """
    if options.ramp_steps == 0:
        return 1.0
    return min(step / options.ramp_steps, 1.0)
