"""A run of Kedro, as another run has to repeat it with one thing changed."""

import os
from typing import Any, NamedTuple

PARENT_RUN = "CBSN_PARENT_RUN"
"""Environment variable: id of the MLflow run that a process was started by, and below
which it is shown."""
PARENT_PROCESS = "CBSN_PARENT_PROCESS"
"""Environment variable: number of the process that it was started by, and ends with."""


def child_of(parent_run: str | None) -> dict[str, str]:
    """Give the environment variables of a run that this process starts.

    Args:
        parent_run: Id of our MLflow run, if there is one.
    """
    return {PARENT_RUN: parent_run or "", PARENT_PROCESS: str(os.getpid())}


def parent_process() -> int | None:
    """Number of the process that started this run as one of its own; else None."""
    number = os.environ.get(PARENT_PROCESS, "")
    return int(number) if number.isdecimal() else None


class Session(NamedTuple):
    """What a run was asked for."""

    environment: str | None
    """``--env``; None for the default one."""
    parameters: dict[str, Any]
    """``--params``, nested."""
    tracked_run: str | None = None
    """Id of its MLflow run, if it is tracked."""
