"""What all sessions of a training have measured so far, for states and the report."""

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Self

from cbsn_pipeline.training.checkpoints.content import SavedState
from cbsn_pipeline.training.hardware.speed import Speed

logger = logging.getLogger(__name__)


@dataclass
class History:
    """The session that runs now, and what the sessions before it left in a state."""

    start: int = 0
    """Steps taken before this session."""
    seconds_before: float = 0.0
    held_out: list[dict[str, float]] = field(default_factory=list)
    """Scores on held-out blocks, with their step."""
    alarms: list[dict[str, Any]] = field(default_factory=list)
    precisions: list[str] = field(default_factory=list)
    """What the steps were computed in, the last one last."""
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def after(cls, saved: SavedState | None, speed: Speed) -> Self:
        """Begin a session at ``saved``, or at step 0 without one."""
        if saved is None:
            return cls(precisions=_precisions(None, speed))
        content = saved.content  # older states have no curve and no alarms
        return cls(
            saved.step,
            content["seconds"],
            list(content.get("held_out", ())),
            list(content.get("alarms", ())),
            _precisions(saved, speed),
        )

    @property
    def seconds(self) -> float:
        """Seconds of this session."""
        return time.monotonic() - self.started

    @property
    def seconds_of_all_sessions(self) -> float:
        """Seconds of this session and those before."""
        return self.seconds_before + self.seconds


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
