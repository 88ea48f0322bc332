"""A run of Kedro, as another run has to repeat it with one thing changed."""

from typing import Any, NamedTuple

PARENT_RUN = "CBSN_PARENT_RUN"
"""Environment variable: id of the MLflow run that a process was started by. Such a
process is shown below that run, and ends with the process that started it."""


class Session(NamedTuple):
    """What a run was asked for."""

    environment: str | None
    """``--env``; None for the default one."""
    parameters: dict[str, Any]
    """``--params``, nested."""
