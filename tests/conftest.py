"""Fixtures shared by every test."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and golden numbers beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder beside the repository: real data not checked")
    return SHARED
