"""Weights of the authors' program as a user imports and uses them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from cbsn_pipeline.cbsn import Denoiser

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "fuzz"))

pytestmark = pytest.mark.slow


@pytest.fixture
def checkpoint(tmp_path):
    from bundle_writer import write_bundle

    with np.load(TESTS / "cbsn" / "fixtures" / "official_tiny.npz") as file:
        weights = {
            key.removeprefix("w/").removesuffix(":0"): file[key]
            for key in file.files
            if key.startswith("w/")
        }
    write_bundle(tmp_path / "tiny.ckpt", weights)
    return tmp_path / "tiny.ckpt"


def imported(project):
    return sorted(project.glob("data/06_models/photos/denoiser.safetensors/*/*"))


def test_a_checkpoint_becomes_a_denoiser_and_a_damaged_one_leaves_nothing(
    project, kedro, checkpoint
):
    data = checkpoint.with_name("tiny.ckpt.data-00000-of-00001")
    content = data.read_bytes()
    command = ("run", "--env", "photos", "--pipelines", "import_official", "--params")
    before = imported(project)

    data.write_bytes(content[:-1])
    run = kedro(*command, f"checkpoint={checkpoint}")
    output = run.communicate(timeout=120)[0]
    assert run.returncode == 1, output
    assert "does not hold what" in output
    assert imported(project) == before

    data.write_bytes(content)
    run = kedro(*command, f"checkpoint={checkpoint}")
    output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    (file,) = set(imported(project)) - set(before)
    assert Denoiser.load(file).provenance.imported["checkpoint"] == "tiny.ckpt"
