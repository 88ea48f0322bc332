import json

import numpy as np
import pytest

from cbsn_pipeline.datasets import PhotosDataset
from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.pipelines.diagnose import create_pipeline, nodes
from cbsn_pipeline.pipelines.diagnose.options import DiagnoseOptions


@pytest.fixture
def run(tmp_path):
    """Diagnoses the photographs of the folder; returns report and figures."""

    def start(**options):
        photos = PhotosDataset(filepath=str(tmp_path)).load()
        return nodes.diagnose_photos(photos, DiagnoseOptions(**options))

    return start


def photo(path, seed):
    noise = np.random.default_rng(seed).normal(120, 8, (300, 330, 3))
    write_png(path, np.rint(noise).astype(np.uint8))


def test_photographs_in_advice_and_plot_out(run, tmp_path):
    for seed, name in enumerate(("a.png", "b.png", "day/c.png")):
        photo(tmp_path / name, seed)
    (tmp_path / "d.png").write_bytes(b"no picture")
    write_png(tmp_path / "e.png", np.zeros((9, 9, 3), np.uint8))

    report, metrics = run()

    assert [each["photo"] for each in report["photos"]] == [
        "a.png",
        "b.png",
        "day/c.png",
    ]
    assert set(report["not_measured"]) == {"d.png", "e.png"}
    assert report["groups"][0]["photos"] == 3
    assert "blind_stride=5, as released, fits" in report["advice"][0]
    json.dumps(report, allow_nan=False)
    assert metrics["diagnose/level"] == pytest.approx(8, rel=0.1)
    assert abs(metrics["diagnose/correlation_at_5"]) < 0.05
    assert len(nodes.plot_noise(report).axes) == 2


def test_of_many_photographs_some_are_measured(run, tmp_path):
    for seed in range(5):
        photo(tmp_path / f"{seed}.png", seed)

    report, _ = run(most_photos=2)

    assert [each["photo"] for each in report["photos"]] == ["0.png", "4.png"]


def test_nothing_to_measure_is_an_error(run, tmp_path):
    write_png(tmp_path / "a.png", np.zeros((9, 9, 3), np.uint8))

    with pytest.raises(ValueError, match="None of 1 photographs could be"):
        run()


def test_the_pipeline_makes_a_report_figures_and_a_plot():
    pipeline = create_pipeline()

    assert pipeline.inputs() == {"photos_to_denoise", "params:diagnose"}
    assert pipeline.outputs() == {"diagnose_metrics", "noise_plot"}
