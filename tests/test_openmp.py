"""What the package asks of OpenMP, before torch is loaded."""

import os
import subprocess
import sys

import pytest

ASK = "import os, cbsn_pipeline; print(os.environ.get('GOMP_SPINCOUNT'))"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "10000"),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "None"),
    ],
)
def test_threads_spin_for_a_moment_only_and_the_user_has_the_last_word(given, expected):
    names = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    inherited = {k: v for k, v in os.environ.items() if k not in names}

    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env=inherited | given,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == expected
