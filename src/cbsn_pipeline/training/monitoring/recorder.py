"""Where a training tells what happens: to MLflow, to an event file, to nobody."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Recorder(Protocol):
    """Takes the news of a training; never raises, never waits for long."""

    def log_metrics(self, values: Mapping[str, float], step: int) -> None:
        """Add numbers to curves."""

    def log_image(self, name: str, image_hwc: NDArray[np.uint8], step: int) -> None:
        """Show a picture, (H, W, 3), 0 to 255."""

    def log_dict(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a mapping as a file."""

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Label the run."""

    def flush(self) -> None:
        """Send now what was collected."""

    def advance(self, step: int, headline: Mapping[str, float]) -> None:
        """Say how many steps were taken, and the latest metrics."""


class NoRecorder:
    """Records nothing."""

    def log_metrics(self, values: Mapping[str, float], step: int) -> None:
        """Forget them."""

    def log_image(self, name: str, image_hwc: NDArray[np.uint8], step: int) -> None:
        """Forget it."""

    def log_dict(self, name: str, content: Mapping[str, Any]) -> None:
        """Forget it."""

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Forget them."""

    def flush(self) -> None:
        """Nothing was kept."""

    def advance(self, step: int, headline: Mapping[str, float]) -> None:
        """Forget it."""
