"""Lets the tests of this folder import the scripts."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "perf"))
