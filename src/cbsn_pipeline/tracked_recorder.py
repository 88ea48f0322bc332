"""Tells MLflow and the terminal what a training does."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline import tracking
from cbsn_pipeline.progress import Progress


class TrackedRecorder:
    """A recorder that passes all on to the run in MLflow, and draws a progress bar.

    Args:
        steps: Of the whole training.
        title: Of the bar.
    """

    def __init__(self, steps: int, title: str = "Training") -> None:
        self._steps, self._title = steps, title
        self._bar: Progress | None = None  # begins at the step a run resumes after

    @property
    def run_id(self) -> str | None:
        """The run in MLflow, None when tracking is off."""
        return tracking.active_run_id()

    def log_metrics(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers to the run's curves."""
        tracking.log_metrics(values, step=step)

    def log_image(self, name: str, image_hwc: NDArray[np.uint8], step: int) -> None:
        """Show a picture in the run's panel."""
        tracking.log_image(name, image_hwc, step=step)

    def log_dict(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a mapping with the run."""
        tracking.log_dict(name, content)

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Label the run."""
        tracking.set_tags(values)

    def flush(self) -> None:
        """Send the metrics now."""
        tracking.flush()

    def advance(self, step: int, headline: Mapping[str, float]) -> None:
        """Move the bar to ``step``."""
        if self._bar is None:
            self._bar = Progress(
                self._title, total=self._steps, completed=step - 1, unit="steps"
            )
            self._bar.__enter__()
        self._bar.advance(step - self._bar.completed, **headline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)
