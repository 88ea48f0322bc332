"""The weights that come with the program."""

import numpy as np
import pytest

from cbsn_pipeline import models
from cbsn_pipeline.cbsn import Denoiser

MOST_BYTES = 5_000_000


def test_every_weights_have_a_card_and_are_small():
    assert "sidd_small" in models.names()
    for name in models.names():
        path = models.find(name)
        assert path.stat().st_size < MOST_BYTES
        assert path.with_suffix(".md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", models.names())
def test_they_denoise_without_taking_tone_or_colour(name):
    denoiser = models.load(name)
    rng = np.random.default_rng(0)
    colour = np.array([150, 90, 60])
    noisy = (colour + rng.normal(0, 15, (96, 96, 3))).clip(0, 255).astype(np.uint8)

    denoised = denoiser.denoise(noisy).astype(float)

    assert np.abs(denoised.mean((0, 1)) - colour).max() < 3
    assert denoised.std((0, 1)).max() < 7


def test_their_file_says_how_they_were_made():
    provenance = Denoiser.load(models.find("sidd_small")).provenance

    assert provenance.data_kind == "sidd_blocks"
    assert len(provenance.trained_on) == 640
    assert provenance.options["student"]["generations"] >= 1


def test_an_unknown_name_is_answered_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no weights named 'x'; .* are sidd_small"):
        models.find("x")


def test_a_file_is_found_where_it_is(tmp_path):
    path = tmp_path / "mine.safetensors"

    assert models.find(str(path)) == path
    with pytest.raises(FileNotFoundError, match=r"mine.safetensors does not exist"):
        models.load(str(path))


def test_damaged_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.safetensors").write_bytes(b"cut off")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  a.safetensors\n")
    monkeypatch.setattr(models, "_folder", lambda: tmp_path)

    with pytest.raises(ValueError, match=r"a.safetensors does not match its checksum"):
        models.find("a")
