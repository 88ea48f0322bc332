"""What ran where: the facts that become the tags of a tracked run."""

import hashlib
import os
import platform
import socket
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from cbsn_pipeline import __version__

GIT_SECONDS = 20  # a repository on a slow network disk must not hold up a run


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
    commit = _git(project, "rev-parse", "HEAD")
    facts = {
        "environment": environment,
        "pipeline": "+".join(run_params["pipeline_names"] or ["__default__"]),
        "git_commit": commit or "unknown",
        "git_dirty": _dirty(project) if commit else "unknown",
        "lock_sha256": _lock_sha256(project),
        "cbsn_pipeline": __version__,
        "kedro": run_params["kedro_version"],
        "python": platform.python_version(),
        "torch": version("torch"),
        "host": socket.gethostname(),
        "pid": str(os.getpid()),
    }
    if commit:
        facts["mlflow.source.git.commit"] = commit  # the column of the browser
    if "denoiser" in pipeline.datasets():
        facts["device"] = _device()
    return facts


def _dirty(project: Path) -> str:
    # a new, forgotten source file counts; results do not, git ignores them
    return str(bool(_git(project, "status", "--porcelain"))).lower()


def _lock_sha256(project: Path) -> str:
    lock = project / "requirements.lock"
    if not lock.is_file():
        return "no requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _device() -> str:
    """The GPU by name, or the number of CPU cores."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"cpu ({torch.get_num_threads()} threads)"


def _git(project: Path, *arguments: str) -> str:
    """Answer of git, or nothing where there is no git or no repository."""
    try:
        answer = subprocess.run(
            ["git", *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            check=True,
            timeout=GIT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
