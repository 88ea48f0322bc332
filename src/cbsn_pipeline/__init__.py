"""C-BSN as a Kedro project: denoise real photographs without clean references."""

import os

__version__ = "0.1.0"

# OpenMP's threads wait for each other by spinning, for milliseconds: where another
# program wants the core, all wait for one that cannot run. A short spin costs little
# alone (docs/performance.md). Read when torch is loaded; what the user has set stays.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
