"""Lets the tests of this folder import what makes hostile files."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
