"""Scores of a small set, a tiny denoiser, and an MLflow store of their own."""

import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cbsn_pipeline import tracking
from cbsn_pipeline.pipelines.compare.sources import ComparedRun

METRICS = ("psnr_db", "ssim_uniform", "ssim_gaussian", "ssim_luma", "ssim_volume")
SIZE = 32  # pixels of a block


def scores_of(decibels, *, images=(4, 9), method="denoised", noisy_db=20.0):
    """Block scores: decibels (images, blocks) of a method, beside the noisy input."""
    decibels = np.asarray(decibels, dtype=float)
    records = [
        {
            "method": name,
            "row": row,
            "image": images[row],
            "block": block,
            "psnr_db": value,
            **dict.fromkeys(METRICS[1:], value / 100),
        }
        for (row, block), db in np.ndenumerate(decibels)
        for name, value in ((method, db), ("noisy", noisy_db + row + block / 10))
    ]
    return pd.DataFrame.from_records(records)


@pytest.fixture
def make_scores():
    return scores_of


@pytest.fixture
def make_run(tmp_path):
    """Write scores to a file and give the run that has them."""

    def make(letter, scores, **changes):
        path = tmp_path / f"scores_{letter}" / "block_scores.csv"
        path.parent.mkdir()
        scores.to_csv(path, index=False)
        run = {"label": f"run {letter}", "entry": str(path), "scores": path}
        return ComparedRun(letter=letter, **{**run, **changes})

    return make


@pytest.fixture(scope="session")
def blocks():
    """Noisy and clean blocks, (2, 3, SIZE, SIZE, 3) uint8 each."""
    rng = np.random.default_rng(0)
    clean = rng.integers(60, 200, (2, 3, 1, 1, 3)) + np.zeros((SIZE, SIZE, 3))
    noisy = clean + 20 * rng.standard_normal(clean.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8), clean.astype(np.uint8)


@pytest.fixture(scope="session")
def denoisers(tmp_path_factory):
    """Files of two tiny denoisers; the second has averaged weights too."""
    import torch

    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.cbsn.network import CBSN
    from cbsn_pipeline.cbsn.options import NetworkOptions

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("denoisers")
    nets = [CBSN(NetworkOptions(channels=8, blocks=1)) for _ in range(3)]
    Denoiser(nets[0]).save(folder / "first.safetensors")
    Denoiser(nets[1], average=nets[2]).save(folder / "second.safetensors")
    return folder / "first.safetensors", folder / "second.safetensors"


@pytest.fixture
def validated(blocks, denoisers, make_run):
    """The run of one of the denoisers, with the scores that validate would write."""
    from cbsn_pipeline.cbsn import Denoiser
    from cbsn_pipeline.imaging.metrics import psnr

    noisy, clean = blocks

    def validate(letter, number, *, padding=0, **changes):
        denoiser = Denoiser.load(denoisers[number])
        methods = {"denoised": denoiser, "restituted": denoiser.restituting("auto")}
        if denoiser.average is not None:
            methods["denoised_ema"] = denoiser.averaged()
        records = []
        for row, image in enumerate((4, 9)):
            made = {
                name: method.denoise_blocks(noisy[row], padding=padding)
                for name, method in methods.items()
            } | {"noisy": noisy[row]}
            records += [
                {
                    "method": name,
                    "row": row,
                    "image": image,
                    "block": block,
                    "psnr_db": psnr(pixels[block], clean[row, block]),
                    **dict.fromkeys(METRICS[1:], 0.5 + number / 100 + block / 1000),
                }
                for name, pixels in made.items()
                for block in range(3)
            ]
        changes = {"denoiser": denoisers[number], "padding": padding, **changes}
        return make_run(letter, pd.DataFrame.from_records(records), **changes)

    return validate


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """An MLflow database without runs: making one takes seconds, copying it none."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own
        from mlflow import MlflowClient

        MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def project(tmp_path):
    """A project with our configuration and nothing else."""
    conf = Path(__file__).resolve().parents[3] / "conf"
    shutil.copytree(conf, tmp_path / "project" / "conf")
    return tmp_path / "project"


@pytest.fixture
def store(project, empty_database, monkeypatch):
    """An empty MLflow store that tracking writes to; the one before is put back."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    shutil.copy(empty_database, project / "mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{project / 'mlflow.db'}")
    client = mlflow.MlflowClient()
    client.create_experiment("test", artifact_location=(project / "art").as_uri())
    yield client
    tracking.detach()
    mlflow.set_tracking_uri(None)
