import csv
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from cbsn_pipeline.cbsn import Denoiser, NetworkOptions
from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.photos.command import main
from cbsn_pipeline.photos.photo import read_photo


@pytest.fixture
def model(tmp_path):
    """A tiny denoiser that was never trained."""
    path = tmp_path / "models" / "tiny.safetensors"
    path.parent.mkdir()
    Denoiser(CBSN(NetworkOptions(channels=2, blocks=1))).save(path)
    return str(path)


@pytest.fixture
def photos(tmp_path):
    """A JPEG, a PNG, and a TIFF in a folder within."""
    folder = tmp_path / "photos"
    (folder / "day").mkdir(parents=True)
    for seed, name in enumerate(("a.jpg", "b.png", "day/c.tif")):
        Image.fromarray(noise(seed)).save(folder / name)
    return folder


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (40, 30, 3), dtype=np.uint8)


def lines(folder):
    with (folder / "cbsn-denoise.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_photograph_in_and_the_format_that_is_named_out(photos, model, tmp_path):
    out = tmp_path / "new" / "out.tif"

    assert main([str(photos / "a.jpg"), str(out), "--model", model]) == 0

    assert read_photo(out).pixels.shape == (40, 30, 3)
    assert [path.name for path in out.parent.iterdir()] == ["out.tif"]


def test_a_folder_in_a_folder_out_and_what_is_there_is_not_made_again(
    photos, model, tmp_path
):
    out = tmp_path / "out"
    command = [str(photos), str(out), "--model", model, "--recursive"]

    assert main(command) == 0
    made = {
        p.relative_to(out).as_posix(): p.stat().st_mtime_ns for p in out.rglob("*.*")
    }
    assert main(command) == 0

    assert set(made) == {"a.jpg", "b.png", "day/c.tif", "cbsn-denoise.csv"}
    assert made == {n: (out / n).stat().st_mtime_ns for n in made}
    assert [line["status"] for line in lines(out)] == ["denoised"] * 3


def test_without_recursive_folders_within_are_left(photos, model, tmp_path):
    main([str(photos), str(tmp_path / "out"), "--model", model])

    assert len(lines(tmp_path / "out")) == 2


def test_another_option_overwrites_nothing(photos, model, tmp_path):
    out = tmp_path / "out"
    main([str(photos), str(out), "--model", model])
    before = (out / "b.png").read_bytes()

    assert main([str(photos), str(out), "--model", model, "--strength", "0.5"]) == 1

    assert (out / "b.png").read_bytes() == before
    assert "exists and is not overwritten. Was it made" in lines(out)[-1]["problem"]
    skip = [str(photos), str(out), "--model", model, "--skip-existing"]
    assert main([*skip, "--strength", "0.5"]) == 0


def test_a_photograph_that_changed_is_not_taken_for_done(photos, model, tmp_path):
    out = tmp_path / "out"
    main([str(photos), str(out), "--model", model])
    Image.fromarray(noise(9)).save(photos / "b.png")

    assert main([str(photos), str(out), "--model", model]) == 1
    assert "of another photograph?" in lines(out)[-1]["problem"]


def test_originals_are_never_overwritten(photos, model):
    before = (photos / "b.png").read_bytes()

    assert main([str(photos), str(photos), "--model", model]) == 1
    assert main([str(photos / "b.png"), str(photos / "b.png"), "--model", model]) == 1

    assert (photos / "b.png").read_bytes() == before
    assert "it is the photograph itself" in lines(photos)[0]["problem"]


def test_a_bad_photograph_is_reported_and_the_others_go_on(photos, model, tmp_path):
    (photos / "a.jpg").write_bytes((photos / "a.jpg").read_bytes()[:300])

    assert main([str(photos), str(tmp_path / "out"), "--model", model]) == 1

    first, second = lines(tmp_path / "out")
    assert (first["status"], second["status"]) == ("failed", "denoised")
    assert "a.jpg is truncated or damaged" in first["problem"]


def test_strength_zero_gives_the_pixels_back(photos, model, tmp_path):
    out = tmp_path / "out.png"

    main([str(photos / "b.png"), str(out), "--model", model, "--strength", "0"])

    np.testing.assert_array_equal(read_photo(out).pixels, noise(1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--strength", "2"], "--strength 2: expected 0 to 1"),
        (["--quality", "0"], "--quality 0: expected 1 to 100"),
        (["--model", "nothing"], "There are no weights named 'nothing'"),
        (["--model", "none.safetensors"], "none.safetensors"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_2(
    photos, tmp_path, capsys, options, words
):
    assert main([str(photos), str(tmp_path / "out"), *options]) == 2

    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_wrong_place_is_one_line_and_status_2(photos, tmp_path, capsys):
    (tmp_path / "file").touch()

    assert main([str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    assert main([str(photos / "a.jpg"), str(tmp_path / "out.gif")]) == 2
    assert "suffix '.gif'; photographs are written as" in capsys.readouterr().err
    assert main([str(photos), str(tmp_path / "file")]) == 2
    assert "is a file; expected a folder" in capsys.readouterr().err


def test_several_processes_share_a_folder(photos, model, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        assert main([str(photos), str(out), "--model", model, "--recursive"]) == 0

    assert sorted(path.name for path in out.glob("*.csv")) == [
        *("0-cbsn-denoise.csv", "1-cbsn-denoise.csv"),
    ]
    made = [path.name for path in out.rglob("*.*") if path.suffix != ".csv"]
    assert sorted(made) == ["a.jpg", "b.png", "c.tif"]


def test_mlflow_gives_a_model_by_its_address(photos, model, tmp_path, monkeypatch):
    import mlflow.artifacts

    folder = tmp_path / "models"
    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", lambda _: str(folder))
    command = [str(photos / "b.png"), str(tmp_path / "o.png"), "--model", "models:/a@b"]

    assert main(command) == 0
    (folder / "second.safetensors").touch()
    assert main([*command[:1], str(tmp_path / "p.png"), *command[2:]]) == 2


def test_noise_is_diagnosed_and_nothing_is_made(photos, tmp_path, capsys):
    pixels = np.random.default_rng(0).normal(120, 8, (300, 330, 3))
    Image.fromarray(np.rint(pixels).astype(np.uint8)).save(photos / "large.png")
    before = sorted(tmp_path.rglob("*"))

    assert main([str(photos), "--diagnose"]) == 1  # the others are too small

    words = capsys.readouterr().out
    assert re.search("large.png: camera not said, ISO not said, noise (7|8)", words)
    assert "alike below 1 pixels" in words
    assert "train.blind_stride=5, as released, fits" in words
    assert sorted(tmp_path.rglob("*")) == before


def test_without_an_output_there_is_nothing_to_do(photos, capsys):
    assert main([str(photos)]) == 2
    assert "Where to? Name a file or a folder" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_with_the_same_command(photos, model, tmp_path):
    for number in range(12):
        Image.fromarray(noise(number)).save(photos / f"n{number:02d}.png")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "cbsn_pipeline.photos", str(photos), str(out)]
    command += ["--model", model]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    while len(list(out.glob("[bn]*.png"))) < 3 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = {path.name: path.stat().st_ino for path in out.glob("[bn]*.png")}

    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "were there" in done.stderr
    after = {path.name: path.stat().st_ino for path in out.glob("[bn]*.png")}
    assert len(after) == 13
    # only the one that was written when it was killed may be made again
    assert sum(before[name] != after[name] for name in before) <= 1


def test_ctrl_c_says_how_many_are_done(photos, model, tmp_path, monkeypatch, capsys):
    from cbsn_pipeline.photos import batch

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "denoise_photo", interrupt)

    assert main([str(photos), str(tmp_path / "out"), "--model", model]) == 130
    words = capsys.readouterr().err
    assert "Stopped: 0 of 2 are done. The same command goes on." in words
    assert os.environ.get("RANK") is None
