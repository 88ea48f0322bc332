import json

import numpy as np
import pandas as pd
import pytest

from cbsn_pipeline.datasets import VersionsDataset
from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.pipeline_registry import register_pipelines
from cbsn_pipeline.pipelines.reproduce import nodes
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.session import Session
from cbsn_pipeline.training.options import TrainOptions

OPTIONS = ReproduceOptions(
    protocol="ours", trained_on="sidd_blocks", band_db=(30.0, 40.0), band_source="us"
)
WHOLE, PART = np.empty((40, 32, 1, 1, 3)), np.empty((2, 3, 1, 1, 3))


@pytest.fixture
def manifest():
    return Manifest.of("sidd_blocks", [])


def test_the_whole_set_and_the_right_data_pass(manifest):
    nodes.check_protocol(manifest, WHOLE, OPTIONS)


def test_part_of_the_set_is_refused_unless_declared(manifest):
    with pytest.raises(ValueError, match=r"2 images x 3 blocks .*has 40 x 32"):
        nodes.check_protocol(manifest, PART, OPTIONS)

    declared = OPTIONS.model_copy(update={"part_of_set": True})
    nodes.check_protocol(manifest, PART, declared)


def test_other_training_data_is_refused(manifest):
    other = OPTIONS.model_copy(update={"trained_on": "sidd_medium"})

    with pytest.raises(ValueError, match="trains on sidd_medium, the manifest is of"):
        nodes.check_protocol(manifest, WHOLE, other)


def test_the_protocol_is_checked_before_the_training():
    names = [node.name for node in register_pipelines()["reproduce"].nodes]

    assert names.index("check_protocol") < names.index("train_denoiser")
    assert names.index("write_card") > names.index("summarise_scores")


@pytest.fixture
def scores():
    metrics = {
        "psnr_db": 34.5,
        "ssim_uniform": 0.9,
        "ssim_gaussian": 0.9,
        "ssim_luma": 0.9,
        "ssim_volume": 0.9,
    }
    summary = {
        "methods": {"denoised": {"label": "C-BSN", "gain_db": 9.0, **metrics}},
        "conventions": {},
        "checkerboard": {"denoised": {"checkerboard_2": 0.0}},
        "trained_on_scored_blocks": 0,
        "scored_blocks": 6,
    }
    rows = pd.DataFrame(
        {
            "method": ["denoised", "noisy"],
            "camera": ["GP", "GP"],
            "iso": [800.0, 800.0],
            "image": [np.nan, 1],
            "psnr_db": [34.5, 25.0],
        }
    )
    return summary, rows


def write(scores, manifest, tmp_path, options, **train):
    summary, rows = scores
    report = {"seconds_of_all_sessions": 7200.0, "speed": "bfloat16"}
    return nodes.write_card(
        summary,
        rows,
        rows,
        report,
        manifest,
        PART,
        [],
        TrainOptions(**train),
        options,
    )


def test_the_card_holds_claim_run_and_result(scores, manifest, tmp_path):
    options = OPTIONS.model_copy(update={"part_of_set": True})

    card, page, metrics, tags = write(scores, manifest, tmp_path, options, seed=4)

    assert card["verdict"] == "inside"
    assert card["seed"] == 4
    assert card["hours"] == 2.0
    assert card["scored"] == {
        "unit": "blocks",
        "images": 2,
        "blocks": 6,
        "whole_set": False,
        "dagger": False,
        "trained_on": 0,
    }
    assert card["by_camera"] == [
        {"camera": "GP", "iso": 800.0, "image": None, "psnr_db": 34.5}
    ]
    assert "seed" not in card["training_options"]
    assert card["seeds"]["psnr_db"] == {"4": 34.5}
    assert "34.50 dB: inside the band 30 to 40 dB (us)" in page
    assert metrics == {"reproduction/psnr_db": 34.5}
    assert tags == {"protocol": card["protocol"], "verdict": "inside"}


def test_a_protocol_that_was_not_kept_gets_no_verdict(scores, manifest, tmp_path):
    options = OPTIONS.model_copy(
        update={"part_of_set": True, "dagger": True, "steps": 7}
    )

    card, page, *_ = write(scores, manifest, tmp_path, options)

    assert card["verdict"].startswith("no verdict: 0 of 6 scored blocks were trained")
    assert "500000 steps, the band is for 7" in card["verdict"]
    assert "no verdict" in page


@pytest.fixture
def card(scores, manifest, tmp_path):
    options = OPTIONS.model_copy(update={"part_of_set": True})
    return write(scores, manifest, tmp_path, options)[0]


@pytest.fixture
def started(monkeypatch):
    """Seeds whose runs were started."""
    from cbsn_pipeline.pipelines.reproduce import seeds

    started = []
    monkeypatch.setattr(
        seeds, "run_seed", lambda session, seed, **_: started.append(seed)
    )
    return started


def save(card, folder, version, **changes):
    path = folder / version / folder.name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(card | changes))


def versions_of(file):
    entry = {"type": "json.JSONDataset", "filepath": str(file), "versioned": True}
    return VersionsDataset(dataset=entry).load()


def test_the_other_seeds_follow_that_of_the_training(card, tmp_path, started):
    options = OPTIONS.model_copy(update={"seeds": 3})

    seeds = nodes.train_other_seeds(
        Session(None, {}), card, [], TrainOptions(seed=4), options
    )

    assert seeds == [4, 5, 6]
    assert started == [5, 6]


def test_a_resumed_run_passes_over_seeds_that_have_a_card(card, tmp_path, started):
    cards = tmp_path / "card.json"
    save(card, cards, "1", seed=1)
    save(card, cards, "2", seed=2, protocol="another")
    options = OPTIONS.model_copy(update={"seeds": 3})

    for resume, expected in ((True, [2]), (False, [1, 2])):
        started.clear()
        train = TrainOptions(resume=resume)
        nodes.train_other_seeds(
            Session(None, {}), card, versions_of(cards), train, options
        )
        assert started == expected


def test_seeds_of_another_experiment_are_not_in_the_mean(card, tmp_path, caplog):
    cards = tmp_path / "card.json"
    save(card, cards, "1", seed=1, psnr_db=36.5)
    save(card, cards, "2", seed=2, git_commit="changed meanwhile")

    summary, metrics = nodes.summarise_seeds(card, [0, 1, 2], versions_of(cards))

    assert summary["psnr_db"] == {"0": 34.5, "1": 36.5}
    assert metrics["reproduction/mean_db"] == summary["mean_db"] == 35.5
    assert metrics["reproduction/standard_deviation_db"] == pytest.approx(2**0.5)
    assert "Seeds [2] are of another experiment" in caplog.text


def test_one_seed_has_no_spread(card, tmp_path):
    summary, metrics = nodes.summarise_seeds(card, [0], [])

    assert summary["standard_deviation_db"] is None
    assert not metrics
