"""The resumable state of a training, on disk: never half-written, never unpickled."""

import json
import logging
import os
import pickle
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import torch

from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.steps import Trainee

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
STATE_NAME = re.compile(r"step_(\d{9})\.pt")
RUN_FILE = "run.json"
PREVIOUS = "previous"


class SavedState(NamedTuple):
    """A state as it was found on disk."""

    path: Path
    step: int
    content: dict[str, Any]


class StateStore:
    """States of one training in a folder: the newest few, and which run they are of.

    Args:
        folder: Where the states are; made when the first is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(
        self, trainee: Trainee, step: int, options: TrainOptions, *, digest: str
    ) -> Path:
        """Write the state after ``step`` steps, then drop the oldest.

        The file has its name only once every byte of it is on the disk.

        Raises:
            OSError: The disk is full or the folder cannot be written; earlier states
                are untouched.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {
            "version": FORMAT_VERSION,
            "step": step,
            "digest": digest,
            "options": json.dumps(options.resumable()),
            "network": trainee.net.state_dict(),
            "optimiser": trainee.optimiser.state_dict(),
        }
        for leftover in self.folder.glob("step_*.partial"):  # of a killed run
            leftover.unlink(missing_ok=True)
        path = self.folder / f"step_{step:09d}.pt"
        partial = path.with_suffix(".partial")
        try:
            with partial.open("wb") as file:
                torch.save(content, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        for _, old in self._states()[: -options.keep_states]:
            old.unlink(missing_ok=True)
        return path

    def latest(self) -> SavedState | None:
        """Load the newest readable state; None when there is none.

        An unreadable one (a damaged disk) is named in the log and passed over.
        """
        for step, path in reversed(self._states()):
            try:
                content = torch.load(path, map_location="cpu", weights_only=True)
            except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
                logger.warning(
                    "%s cannot be read (%s): trying the state before it.", path, error
                )
            else:
                return SavedState(path, step, content)
        return None

    def latest_path(self) -> Path | None:
        """Path of the newest state, unread; None when there is none."""
        states = self._states()
        return states[-1][1] if states else None

    def set_aside(self) -> None:
        """Move the states of an earlier training to ``previous/``, for a new one."""
        if not self._states():
            return
        previous = self.folder / PREVIOUS
        if previous.exists():
            shutil.rmtree(previous)
        previous.mkdir()
        for _, path in self._states():
            path.replace(previous / path.name)
        run = self.folder / RUN_FILE
        if run.exists():
            run.replace(previous / RUN_FILE)
        logger.info("States of an earlier training were moved to %s.", previous)

    def remember_run(self, run_id: str | None) -> None:
        """Note the id of the tracker's run that these states belong to."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{RUN_FILE}.partial"
        partial.write_text(json.dumps({"run_id": run_id}), encoding="utf-8")
        partial.replace(self.folder / RUN_FILE)

    def latest_run_id(self) -> str | None:
        """Id of the tracker's run the newest state belongs to; None without one."""
        run = self.folder / RUN_FILE
        if not run.exists() or not self._states():
            return None
        run_id: str | None = json.loads(run.read_text(encoding="utf-8"))["run_id"]
        return run_id

    def _states(self) -> list[tuple[int, Path]]:
        """Steps and paths of all states, oldest first."""
        if not self.folder.is_dir():
            return []
        matches = [(STATE_NAME.fullmatch(p.name), p) for p in self.folder.iterdir()]
        return sorted((int(match[1]), path) for match, path in matches if match)


def restore(
    saved: SavedState, trainee: Trainee, options: TrainOptions, *, digest: str
) -> None:
    """Put a saved state into ``trainee``.

    Raises:
        ValueError: The state is of a newer version, of other data, or of a training
            with other options; the difference is named.
    """
    content = saved.content
    if content["version"] > FORMAT_VERSION:
        raise ValueError(
            f"{saved.path} is a state of version {content['version']}; this "
            f"cbsn_pipeline reads up to {FORMAT_VERSION}. Upgrade cbsn_pipeline."
        )
    if content["digest"] != digest:
        raise ValueError(
            f"{saved.path} was trained on data {content['digest'][:12]}, the patches "
            f"are of data {digest[:12]}: images were added, removed or changed. "
            "Restore them, or start anew with train.resume=false."
        )
    then, now = json.loads(content["options"]), options.resumable()
    changed = [
        f"{key}: {then.get(key)} -> {now[key]}"
        for key in now
        if then.get(key) != now[key]
    ]
    if changed:
        raise ValueError(
            f"{saved.path} was trained with other options ({'; '.join(changed)}): it "
            "cannot be continued with these. Set them back, or start anew with "
            "train.resume=false."
        )
    trainee.net.load_state_dict(content["network"])
    trainee.optimiser.load_state_dict(content["optimiser"])
