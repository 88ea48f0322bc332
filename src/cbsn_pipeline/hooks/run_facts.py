"""What ran where: the facts that become the tags of a tracked run."""

import os
import platform
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from cbsn_pipeline import __version__
from cbsn_pipeline.session import PARENT_RUN
from cbsn_pipeline.software import (
    device_name,
    git_commit,
    git_dirty,
    lock_sha256,
)


def run_facts(
    project: Path, run_params: dict[str, Any], *, environment: str, pipeline: Pipeline
) -> dict[str, str]:
    """Say what runs where, as tags.

    Args:
        project: Root of the repository.
        run_params: Kedro's record of the run.
        environment: Name of the configuration environment.
        pipeline: What is run; PyTorch is only asked for the GPU when it is needed.
    """
    commit = git_commit(project)
    facts = {
        "environment": environment,
        "pipeline": "+".join(run_params["pipeline_names"] or ["__default__"]),
        "git_commit": commit or "unknown",
        "git_dirty": git_dirty(project) if commit else "unknown",
        "lock_sha256": lock_sha256(project),
        "cbsn_pipeline": __version__,
        "kedro": run_params["kedro_version"],
        "python": platform.python_version(),
        "torch": version("torch"),
        "host": socket.gethostname(),
        "pid": str(os.getpid()),
    }
    if commit:
        facts["mlflow.source.git.commit"] = commit  # the column of the browser
    parent = os.environ.get(PARENT_RUN)
    if parent:
        facts["mlflow.parentRunId"] = parent  # the browser shows it below that run
    if "denoiser" in pipeline.datasets():
        facts["device"] = device_name()
    return facts
