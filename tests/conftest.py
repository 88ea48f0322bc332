"""Fixtures shared by every test."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def pytest_configure():
    """Give each of several test processes cores of its own.

    Threads of one wait for each other by spinning; on cores that another one uses too
    a small network then trains up to forty times slower.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or not hasattr(os, "sched_setaffinity"):
        return
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[number % len(cores) :: count])


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and golden numbers beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder beside the repository: real data not checked")
    return SHARED
