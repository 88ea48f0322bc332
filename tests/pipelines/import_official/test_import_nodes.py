import hashlib

import numpy as np
import pytest
import torch
from kedro.io import DatasetError

from cbsn_pipeline.cbsn import Denoiser
from cbsn_pipeline.formats.tensorflow_bundle import Checkpoint
from cbsn_pipeline.pipelines.import_official import nodes
from cbsn_pipeline.pipelines.import_official.nodes import import_weights
from cbsn_pipeline.pipelines.import_official.options import ImportOptions

AUTO = ImportOptions()


def difference_from_golden(net, golden):
    """Largest difference of the visible output, normalised intensity."""
    x = torch.from_numpy(golden["x"].transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        output = net(x).permute(0, 2, 3, 1).numpy()
    return np.abs(output - golden["val/out"]).max()


def test_the_denoiser_computes_what_the_released_code_does(write, weights, golden):
    denoiser, report = import_weights(write(weights, num_shards=2), AUTO)

    assert difference_from_golden(denoiser.net, golden) < 1e-5
    assert report["network"] == {"channels": 8, "blocks": 2}
    assert report["variables"] == len(weights)
    assert report["ignored_variables"] == []


def test_the_checkpoint_that_the_released_code_wrote(shared, golden):
    checkpoint = Checkpoint.open(shared / "golden" / "official_tiny.ckpt")

    denoiser, _ = import_weights(checkpoint, AUTO)

    assert difference_from_golden(denoiser.net, golden) < 1e-5


def test_where_the_weights_come_from_stays_with_them(write, weights, tmp_path):
    checkpoint = write(weights)
    denoiser, report = import_weights(checkpoint, AUTO)

    denoiser.save(tmp_path / "denoiser.safetensors")

    imported = Denoiser.load(tmp_path / "denoiser.safetensors").provenance.imported
    assert imported["checkpoint"] == "a.ckpt"
    assert imported["release"] is None
    assert "jyicu/CBSN" in imported["source"]
    assert imported["sha256"] == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tmp_path.glob("a.ckpt.*"), reverse=True)
    }
    assert {key: report[key] for key in imported} == imported


def test_a_release_is_known_by_its_index(write, weights, monkeypatch):
    checkpoint = write(weights)
    digest = hashlib.sha256(checkpoint.index.read_bytes()).hexdigest()
    release = nodes.Release("CBSN_SIDDtrain", "sidd_medium")
    monkeypatch.setattr(nodes, "RELEASES", {digest: release})

    denoiser, report = import_weights(checkpoint, AUTO)

    assert report["release"] == "CBSN_SIDDtrain"
    assert denoiser.provenance.data_kind == "sidd_medium"


def test_the_release_is_among_those_that_are_known(shared):
    index = shared / "golden" / "CBSN_SIDDtrain.ckpt.index"

    assert hashlib.sha256(index.read_bytes()).hexdigest() in nodes.RELEASES


def test_what_a_training_saved_beside_the_weights_is_named(write, weights, caplog):
    moments = {f"{name}/Adam": array for name, array in weights.items()}
    others = {"beta1_power": np.float32(0.9), "global_step": np.int64(500)}

    with caplog.at_level("INFO"):
        _, report = import_weights(write({**weights, **moments, **others}), AUTO)

    assert report["variables"] == len(weights)
    assert set(report["ignored_variables"]) == set(moments) | set(others)
    assert "44 variables are no weights of the network" in caplog.text
    assert "left out: 42 Adam, 1 beta1_power, 1 global_step." in caplog.text


def test_what_does_not_fit_is_one_error_that_names_file_and_variables(write, weights):
    changed = dict(weights)
    del changed["DBSN/conv0/bias"]
    changed["DBSN/B2/DCM1/conv1/kernel"] = np.zeros((3, 3, 8, 9), np.float32)

    with pytest.raises(
        ValueError,
        match=r"a\.ckpt\.index: The weights .* 1 missing \(DBSN/conv0/bias\).*"
        r"DCM1/conv1/kernel of shape \(3, 3, 8, 9\) instead of \(3, 3, 8, 8\)",
    ):
        import_weights(write(changed), AUTO)


def test_a_stated_size_must_be_that_of_the_checkpoint(write, weights):
    with pytest.raises(ValueError, match="8 channels and 9 blocks .* 56 missing"):
        import_weights(write(weights), ImportOptions(blocks=9))


def test_damaged_values_make_no_denoiser(write, weights, tmp_path):
    checkpoint = write(weights)
    data = tmp_path / "a.ckpt.data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[5000] ^= 128
    data.write_bytes(content)

    with pytest.raises(DatasetError, match="does not match its checksum"):
        import_weights(checkpoint, AUTO)
