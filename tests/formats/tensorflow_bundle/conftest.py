"""Lets the tests of this folder import the writer of checkpoints."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "fuzz"))
