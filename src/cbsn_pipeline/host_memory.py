"""Memory of this host and of this process, as the system counts it."""

import ctypes
import logging
import os
import re
import resource
import sys
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
MEMINFO = Path("/proc/meminfo")
PROCESS = Path("/proc/self")


def available_memory() -> int:
    """Bytes of this host that programs may still take; a container's limit counts."""
    if MEMINFO.exists():
        found = re.search(r"MemAvailable:\s+(\d+) kB", MEMINFO.read_text("ascii"))
        assert found  # in every Linux since 2014
        available = int(found[1]) * 1024
    else:
        available = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = CGROUP_LIMIT.read_text("ascii").strip() if CGROUP_LIMIT.exists() else "max"
    if limit == "max":
        return available
    return max(0, min(available, int(limit) - current_rss()))


def current_rss() -> int:
    """Bytes of memory that this process holds; the most it ever did, if not Linux."""
    statm = PROCESS / "statm"
    if not statm.exists():
        return peak_rss()
    return int(statm.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_rss() -> int:
    """Bytes of memory that this process held at most, since they were forgotten."""
    status = PROCESS / "status"
    lines = status.read_text("ascii") if status.exists() else ""
    if found := re.search(r"VmHWM:\s+(\d+) kB", lines):
        return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_UNIT


def trim_heap() -> None:
    """Let the C library give back what was freed: it would hide what comes next."""
    with suppress(AttributeError, OSError, TypeError):  # GNU's alone can
        ctypes.CDLL(None).malloc_trim(0)


def forget_peak_rss() -> None:
    """Let the peak begin at what is held now; only Linux can, and may refuse."""
    try:
        (PROCESS / "clear_refs").write_text("5", "ascii")
    except OSError:
        logger.debug("The peak of memory cannot be reset: it is that since the start.")
