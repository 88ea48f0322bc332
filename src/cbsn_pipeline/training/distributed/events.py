"""Events of a training, handed from worker processes to the one that tracks it.

Workers append lines of JSON to files of their own; the process that started them reads
what was added. Nothing is lost when either of them dies between two lines.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.training.monitoring.recorder import Recorder

logger = logging.getLogger(__name__)

EVENTS = "events_{rank}.jsonl"
ADVANCE_SECONDS = 0.5  # a progress bar need not know more often
POLL_SECONDS = 0.2


class EventWriter:
    """A recorder that writes everything down in a folder.

    What does not fit on a full disk is dropped: only curves are lost, states are not.

    Args:
        folder: Of the worker processes.
        rank: Ours; every rank writes a file of its own.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self._folder = folder
        self._rank = rank
        self._file = (folder / EVENTS.format(rank=rank)).open("a", encoding="utf-8")
        self._end_line()
        self._lock = threading.Lock()
        self._advanced = 0.0
        self._images = 0

    def log_metrics(self, values: Mapping[str, float], step: int) -> None:
        """Write numbers down."""
        self._write("metrics", values=dict(values), step=step)

    def log_image(self, name: str, image_hwc: NDArray[np.uint8], step: int) -> None:
        """Write a picture to a file beside."""
        self._images += 1
        file = f"image_{self._rank}_{step}_{self._images}.npy"
        with suppress(OSError):
            np.save(self._folder / file, image_hwc)
            self._write("image", name=name, file=file, step=step)

    def log_dict(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a mapping down."""
        self._write("dict", name=name, content=dict(content))

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Write labels down."""
        self._write("tags", values=dict(values))

    def flush(self) -> None:
        """Ask the reader to send what it has."""
        self._write("flush")

    def advance(self, step: int, headline: Mapping[str, float]) -> None:
        """Write the step down, twice a second at most."""
        if time.monotonic() - self._advanced >= ADVANCE_SECONDS:
            self._advanced = time.monotonic()
            self._write("advance", step=step, headline=dict(headline))

    def log_message(self, name: str, level: int, message: str) -> None:
        """Write a line of the log down."""
        self._write("message", name=name, level=level, message=message)

    def _write(self, kind: str, **content: Any) -> None:  # noqa: ANN401
        with self._lock, suppress(OSError):
            self._file.write(json.dumps({"kind": kind, **content}) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Write no more."""
        self._file.close()

    def _end_line(self) -> None:
        """End what a killed worker of our rank left half-written."""
        with suppress(OSError):
            self._file.write("\n")
            self._file.flush()


class EventLogHandler(logging.Handler):
    """Sends a worker's log the same way."""

    def __init__(self, recorder: EventWriter) -> None:
        super().__init__()
        self._recorder = recorder

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record down."""
        self._recorder.log_message(record.name, record.levelno, record.getMessage())


class EventReader:
    """Passes on to a recorder what workers write, while a ``with`` block lasts.

    Args:
        folder: Of the worker processes.
        recorder: Who is told; called from a thread of its own.
    """

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._folder = folder
        self._recorder = recorder
        self._read: dict[Path, int] = {}  # bytes of each file that were passed on
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def poll(self) -> None:
        """Pass on the lines that were finished since the last time."""
        for path in sorted(self._folder.glob(EVENTS.format(rank="*"))):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                added = file.read()
            whole = added[: added.rfind(b"\n") + 1]  # the last one may be half there
            self._read[path] = self._read.get(path, 0) + len(whole)
            for line in filter(None, whole.splitlines()):
                self._try_to_pass_on(line)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self.poll()

    def _follow(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self.poll()

    def _try_to_pass_on(self, line: bytes) -> None:
        """Pass a line on; one that cannot be must not end the training."""
        try:
            self._pass_on(json.loads(line))
        except Exception as error:  # noqa: BLE001 - half a line, or what a tracker raises
            logger.warning(
                "News of a worker could not be passed on (%s: %s): %.200s",
                type(error).__name__,
                error,
                line.decode(errors="replace"),
            )

    def _pass_on(self, event: dict[str, Any]) -> None:
        match event.pop("kind"):
            case "metrics":
                self._recorder.log_metrics(**event)
            case "image":
                image = np.load(self._folder / event["file"])
                self._recorder.log_image(event["name"], image, step=event["step"])
            case "dict":
                self._recorder.log_dict(**event)
            case "tags":
                self._recorder.set_tags(**event)
            case "advance":
                self._recorder.advance(**event)
            case "flush":
                self._recorder.flush()
            case "message":
                logging.getLogger(event["name"]).log(event["level"], event["message"])
