import numpy as np
import pytest
import torch
from kedro.io import DatasetError, Version

from cbsn_pipeline import models
from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions, Provenance
from cbsn_pipeline.datasets import DenoiserDataset


@pytest.fixture
def denoiser():
    net = CBSN(
        NetworkOptions(channels=2, blocks=1), generator=torch.Generator().manual_seed(0)
    )
    return Denoiser(net, Provenance(data_digest="d"))


def test_a_denoiser_comes_back_as_it_was(denoiser, tmp_path):
    dataset = DenoiserDataset(filepath=str(tmp_path / "denoiser.safetensors"))
    image = np.full((8, 8, 3), 99, np.uint8)
    image[2:5, 3:6] = 7

    assert not dataset.exists()
    dataset.save(denoiser)

    assert dataset.exists()
    loaded = dataset.load().to("cpu")
    assert loaded.provenance == denoiser.provenance
    np.testing.assert_array_equal(loaded.denoise(image), denoiser.denoise(image))


def test_versions_lie_side_by_side_and_an_old_one_can_be_loaded(denoiser, tmp_path):
    path = str(tmp_path / "denoiser.safetensors")
    DenoiserDataset(filepath=path, version=Version(None, "2026-01-01")).save(denoiser)
    newer = Denoiser(denoiser.net, Provenance(data_digest="newer"))
    DenoiserDataset(filepath=path, version=Version(None, "2026-01-02")).save(newer)

    latest = DenoiserDataset(filepath=path, version=Version(None, None)).load()
    old = DenoiserDataset(filepath=path, version=Version("2026-01-01", None)).load()

    assert latest.provenance.data_digest == "newer"
    assert old.provenance.data_digest == "d"


def test_a_missing_denoiser_is_a_dataset_error(tmp_path):
    dataset = DenoiserDataset(filepath=str(tmp_path / "none.safetensors"))

    with pytest.raises(DatasetError, match="does not exist.*Train one first"):
        dataset.load()


def test_before_any_training_the_environment_is_asked_for(tmp_path):
    path = str(tmp_path / "denoiser.safetensors")
    dataset = DenoiserDataset(filepath=path, version=Version(None, None))

    with pytest.raises(
        DatasetError, match=r"no denoiser in .*denoiser.safetensors yet.*with --env"
    ):
        dataset.load()


def test_before_any_training_weights_that_come_with_the_program_are_used(
    tmp_path, caplog
):
    path = str(tmp_path / "denoiser.safetensors")
    dataset = DenoiserDataset(
        filepath=path, version=Version(None, None), otherwise="sidd_small"
    )

    denoiser = dataset.load()

    assert denoiser.file == models.find("sidd_small")
    assert dataset.resolve_load_version() is None
    assert "Nothing was trained" in caplog.text
    assert "using sidd_small, the weights that come with the program" in caplog.text


def test_another_model_can_be_named_or_be_a_file(denoiser, tmp_path):
    path, other = tmp_path / "denoiser.safetensors", tmp_path / "mine.safetensors"
    denoiser.save(other)
    version = Version(None, "2026-01-01")
    DenoiserDataset(filepath=str(path), version=version).save(denoiser)

    def load(model):
        newest = Version(None, None)
        return DenoiserDataset(filepath=str(path), version=newest, model=model).load()

    assert load(None).file.parent.name == "2026-01-01"
    assert load(str(other)).file == other
    assert load("sidd_small").file == models.find("sidd_small")
    with pytest.raises(DatasetError, match="no weights named 'nothing'"):
        load("nothing")
    with pytest.raises(DatasetError, match="does not exist"):
        load(str(tmp_path / "lost.safetensors"))


def test_a_damaged_denoiser_is_a_dataset_error(denoiser, tmp_path):
    path = tmp_path / "denoiser.safetensors"
    dataset = DenoiserDataset(filepath=str(path))
    dataset.save(denoiser)
    path.write_bytes(path.read_bytes()[:50])

    with pytest.raises(DatasetError, match="not a readable safetensors file"):
        dataset.load()
