import sys

import numpy as np
import pytest

from cbsn_pipeline import host_memory as module
from cbsn_pipeline.host_memory import (
    available_memory,
    current_rss,
    forget_peak_rss,
    peak_rss,
)

MIB = 2**20


@pytest.fixture
def memory(monkeypatch, tmp_path):
    """Write the files that Linux tells of memory in."""

    def write(available_kb, limit):
        (tmp_path / "meminfo").write_text(
            f"MemTotal: 9999 kB\nMemAvailable:  {available_kb} kB\n"
        )
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        monkeypatch.setattr(module, "MEMINFO", tmp_path / "meminfo")
        monkeypatch.setattr(module, "CGROUP_LIMIT", tmp_path / "memory.max")
        monkeypatch.setattr(module, "current_rss", lambda: 100)

    return write


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", 51_200), (40_100, 40_000), (99_999, 51_200)]
)
def test_a_container_limits_the_memory(memory, limit, expected):
    memory(50, limit)

    assert available_memory() == expected


def test_without_linux_all_memory_of_the_machine_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "MEMINFO", tmp_path / "none")
    monkeypatch.setattr(module, "CGROUP_LIMIT", tmp_path / "none")
    monkeypatch.setattr(module, "PROCESS", tmp_path / "none")

    assert available_memory() > 2**30
    assert current_rss() == peak_rss() > 10 * MIB
    forget_peak_rss()  # cannot, and says nothing


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets a peak")
def test_the_peak_of_memory_begins_anew():
    np.ones(256 * MIB, np.uint8)
    forget_peak_rss()
    before = current_rss()
    held = np.ones(128 * MIB, np.uint8)

    assert peak_rss() - before == pytest.approx(held.nbytes, rel=0.2)
