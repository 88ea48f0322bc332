"""The resumable states of a training on disk: never half-written, never unpickled."""

import errno
import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import torch
from filelock import FileLock, Timeout

from cbsn_pipeline.files.atomic import write_file
from cbsn_pipeline.training.checkpoints.content import SavedState, content_of
from cbsn_pipeline.training.checkpoints.file import read_state
from cbsn_pipeline.training.options import TrainOptions
from cbsn_pipeline.training.trainer_state import TrainerState

logger = logging.getLogger(__name__)

STATE_NAME = re.compile(r"step_(\d{9})\.pt")
RUN_FILE, RUN_FILES = "run{}.json", "run*.json"
BEST_FILE = "best.json"
LOCK_FILE = ".lock"
LOCK_SECONDS = 10.0  # orphans of a killed launcher end within a second or two
PREVIOUS = "previous_{}"


class Best(NamedTuple):
    """The best moment of a training so far."""

    step: int
    psnr_db: float
    """Held-out PSNR. It chooses which state is kept, never which one is used."""


class StateStore:
    """States of one training in a folder: the newest few and the best of all.

    Args:
        folder: Where the states are; made when the first is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def only_writer(self) -> Iterator[None]:
        """Keep other trainings from writing here meanwhile.

        Raises:
            OSError: Another one does.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / LOCK_FILE, timeout=LOCK_SECONDS)
        try:
            lock.acquire()
        except Timeout as error:
            raise OSError(
                errno.EBUSY,
                f"Another training writes its states to {self.folder}: one of the two "
                "would lose its own. Wait for it or stop it, or give this one a folder "
                "of its own with --params state_folder=NAME.",
            ) from error
        except NotImplementedError:
            logger.warning(
                "%s is on a file system without locks: see to it yourself that no "
                "other training writes its states there.",
                self.folder,
            )
        try:
            yield
        finally:
            lock.release()

    def save(
        self,
        trainer: TrainerState,
        step: int,
        options: TrainOptions,
        *,
        digest: str,
        fingerprint: str = "",
        seconds: float = 0.0,
        held_out: Sequence[dict[str, float]] = (),
        alarms: Sequence[dict[str, Any]] = (),
        precisions: Sequence[str] = (),
        best: Best | None = None,
    ) -> Path:
        """Write the state after ``step`` steps, then drop the oldest.

        The file has its name only once every byte of it is on the disk.

        Args:
            trainer: What to save.
            step: Steps taken.
            options: How many states to keep, and what a resumed run must share.
            digest: Of the training data.
            fingerprint: Of the patches; empty where it is not known.
            seconds: That the training has taken, earlier sessions included.
            held_out: Scores so far, as in the report; for the curve, not the steps.
            alarms: Raised so far, likewise.
            precisions: That the steps were computed in, the last one last.
            best: Given when this state is the best so far: it is kept until a better
                one comes.

        Raises:
            OSError: The disk is full or the folder cannot be written; earlier states
                are untouched.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step_{step:09d}.pt"
        content = content_of(trainer, step, options) | {
            "digest": digest,
            "patches": fingerprint,
            "seconds": seconds,
            "held_out": list(held_out),
            "alarms": list(alarms),
            "precisions": list(precisions),
        }
        for leftover in self.folder.glob(".step_*.pt"):  # of a killed run, on any host
            leftover.unlink(missing_ok=True)
        try:
            self._write(content, path)
        except OSError as error:
            raise OSError(
                error.errno,
                f"The state of step {step} could not be written to {path}: "
                f"{error.strerror or error}. Earlier states are untouched: make room "
                "(kedro run --pipelines=estimate, with the same --env, says how much a "
                "training needs), then go on with --params train.resume=true.",
            ) from error
        if best is not None:
            self._write_json(BEST_FILE, best._asdict())
        self._prune(step, options.keep_states)
        return path

    @staticmethod
    def _write(content: dict[str, Any], path: Path) -> None:
        try:
            with write_file(path) as partial, partial.open("wb") as file:
                torch.save(content, file)
        except RuntimeError as error:  # torch's writer trips over a failed write
            failed = error.__context__
            raise (
                failed if isinstance(failed, OSError) else OSError(errno.EIO, error)
            ) from error

    def _prune(self, newest: int, keep_states: int) -> None:
        best = self.best()
        # a state of a later step was passed over as unreadable: it is not counted
        ours = [state for state in self._states() if state[0] <= newest]
        for step, old in ours[:-keep_states]:
            if best is None or step != best.step:
                old.unlink(missing_ok=True)

    def best(self) -> Best | None:
        """Which of the states is the best by held-out PSNR; None without any."""
        content = self._read_json(BEST_FILE, {"step": int, "psnr_db": (int, float)})
        return Best(**content) if content else None

    def latest(self) -> SavedState | None:
        """Load the newest readable state; None when there is none at all.

        An unreadable one (a damaged disk) is named in the log and passed over.

        Raises:
            ValueError: There are states, and none can be read.
        """
        states = self._states()
        for step, path in reversed(states):
            try:
                content = read_state(path)
            except ValueError as error:
                logger.warning(
                    "%s cannot be read: trying the state before it. %s", path, error
                )
                failure = error
            else:
                return SavedState(path, step, content)
        if states:
            raise ValueError(
                f"None of the {len(states)} states in {self.folder} can be read. The "
                f"oldest: {failure} To start anew, set train.resume=false."
            ) from failure
        return None

    def latest_path(self) -> Path | None:
        """Path of the newest state, unread; None when there is none."""
        states = self._states()
        return states[-1][1] if states else None

    def set_aside(self) -> None:
        """Move the states of an earlier training to ``previous_1/`` and so on."""
        notes = [*self.folder.glob(RUN_FILES), self.folder / BEST_FILE]
        if not self._states():
            for path in notes:  # of states that somebody removed
                path.unlink(missing_ok=True)
            return
        places = (self.folder / PREVIOUS.format(number) for number in count(1))
        previous = next(place for place in places if not place.exists())
        previous.mkdir()
        for path in [*(path for _, path in self._states()), *notes]:
            if path.exists():
                path.replace(previous / path.name)
        logger.info(
            "States of an earlier training were moved to %s: remove them when they are "
            "not needed.",
            previous,
        )

    def remember_run(self, run_id: str | None, *, host: str = "") -> None:
        """Note the id of the tracker's run that these states belong to.

        Args:
            run_id: The id; None where nothing is tracked.
            host: Name of this one of several hosts: each has a run of its own, and
                they may share the disk.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_json(_run_file(host), {"run_id": run_id})

    def latest_run_id(self, *, host: str = "") -> str | None:
        """Id of the tracker's run the newest state belongs to; None without one."""
        if not self._states():
            return None
        content = self._read_json(_run_file(host), {"run_id": (str, type(None))})
        return content["run_id"] if content else None

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        with write_file(self.folder / name) as partial:
            partial.write_text(json.dumps(content), encoding="utf-8")

    def _read_json(self, name: str, kinds: dict[str, Any]) -> dict[str, Any] | None:
        """Read a file of this folder with exactly these keys; None without it.

        One that holds something else is named in the log and done without.
        """
        file = self.folder / name
        if not file.exists():
            return None
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            good = content.keys() == kinds.keys() and all(
                isinstance(content[key], kind) for key, kind in kinds.items()
            )
        except (ValueError, RecursionError, AttributeError):
            good = False
        if not good:
            logger.warning(
                "%s does not hold %s as JSON: training goes on without. Was it cut off "
                "or edited?",
                file,
                " and ".join(kinds),
            )
            return None
        known: dict[str, Any] = content
        return known

    def _states(self) -> list[tuple[int, Path]]:
        """Steps and paths of all states, oldest first."""
        if not self.folder.is_dir():
            return []
        matches = [(STATE_NAME.fullmatch(p.name), p) for p in self.folder.iterdir()]
        return sorted((int(match[1]), path) for match, path in matches if match)


def _run_file(host: str) -> str:
    return RUN_FILE.format(f"_{host}" if host else "")
