import json

import pytest
import torch

from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions, Provenance
from cbsn_pipeline.pipelines.export import efficiency, nodes
from cbsn_pipeline.pipelines.export.options import ExportOptions


@pytest.fixture
def denoiser():
    torch.manual_seed(0)
    net, average = (CBSN(NetworkOptions(channels=4, blocks=1)) for _ in range(2))
    return Denoiser(net, Provenance(steps=7, data_kind="photos"), average=average)


def test_a_program_comes_with_its_report(denoiser):
    content, report = nodes.export_program(denoiser, ExportOptions())

    assert report["bytes"] == len(content)
    assert report["largest_difference"] < 1e-5
    assert report["network"] == "CBSN"
    assert report["steps"] == 7
    assert "restitution" in report["outside"]
    json.dumps(report)


def test_averaged_weights_can_be_taken(denoiser, monkeypatch):
    chosen = nodes._choose(denoiser, ExportOptions(weights="ema"))

    assert chosen.net is denoiser.average


def test_without_the_packages_there_is_a_hint(denoiser, monkeypatch):
    monkeypatch.setattr(nodes, "find_spec", lambda name: None)

    with pytest.raises(
        ModuleNotFoundError, match=r"onnx, onnxruntime, onnxscript.*pip install"
    ):
        nodes.export_onnx(denoiser, ExportOptions())


def test_onnx_comes_with_its_report(denoiser):
    for package in nodes.ONNX_PACKAGES:
        pytest.importorskip(package, reason="the extra 'onnx' is not installed")

    content, report = nodes.export_onnx(denoiser, ExportOptions())

    assert report["opset"] == 20
    assert report["bytes"] == len(content)
    assert report["largest_difference"] < 1e-5


def test_the_card_sets_the_denoiser_beside_non_local_means(denoiser, monkeypatch):
    taken = iter([(30.0, 5.0), (40.0, 6.0), (50.0, 1.0)] * 3)
    monkeypatch.setattr(efficiency, "_measure", lambda run, picture: next(taken))

    card, text, metrics = nodes.measure_efficiency(denoiser, ExportOptions(side=64))

    assert card["parameters"] == sum(p.numel() for p in denoiser.net.parameters())
    assert card["macs_per_pixel"] == denoiser.net.macs_per_pixel
    assert card["methods"]["denoiser"] == {"ms_per_megapixel": 30.0, "peak_mib": 5.0}
    assert "| non-local means, h 20 (OpenCV) | 50 | 1 |" in text.splitlines()
    assert metrics["export/non_local_means/ms_per_megapixel"] == 50.0
    json.dumps(card)


def test_every_method_is_measured(denoiser):
    card = efficiency.make_card(denoiser, ExportOptions(side=64, rounds=1))

    assert all(row["ms_per_megapixel"] > 0 for row in card["methods"].values())
    assert all(row["peak_mib"] >= 0 for row in card["methods"].values())
