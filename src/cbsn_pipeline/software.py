"""What runs here: commit, locked packages, device. For runs and their reports."""

import hashlib
import platform
import re
import subprocess
from pathlib import Path

GIT_SECONDS = 20  # a repository on a slow network disk must not hold up a run
CPUINFO = Path("/proc/cpuinfo")  # of Linux


def git_commit(project: Path) -> str:
    """Hash of the commit that is checked out; empty where there is no repository."""
    return _git(project, "rev-parse", "HEAD")


def git_dirty(project: Path) -> str:
    """Say ``true`` or ``false``: whether anything differs from that commit.

    A new, forgotten source file counts; results do not, git ignores them.
    """
    return str(bool(_git(project, "status", "--porcelain"))).lower()


def lock_sha256(project: Path) -> str:
    """Hash of the locked versions of all packages."""
    lock = project / "requirements.lock"
    if not lock.is_file():
        return "no requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def device_name() -> str:
    """The GPU by name, or the number of CPU threads."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"cpu ({torch.get_num_threads()} threads)"


def hardware() -> str:
    """The GPU by name, or the processor and the number of its threads that are used.

    More than :func:`device_name`: for people who compare times of other machines.
    """
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{processor_name()}, {torch.get_num_threads()} threads"


def processor_name() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    listed = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
    found = re.search(r"^model name\s*: *(.+)$", listed, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


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
