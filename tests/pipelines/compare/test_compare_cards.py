import json
from types import SimpleNamespace

import pytest

from cbsn_pipeline.pipelines.compare.cards import (
    find_cards,
    read_cards,
    run_of,
    tabulate_cards,
    tabulate_options,
    tabulate_runs,
)

CARD = "reproduction_card.json"
FIRST, SECOND = "1" * 32, "2" * 32
METRICS = ("ssim_uniform", "ssim_gaussian", "ssim_luma", "ssim_volume")


def make_card(seed=0, psnr_db=36.2, **changes):
    scores = {"psnr_db": psnr_db, **dict.fromkeys(METRICS, 0.91239)}
    card = {
        "label": f"ours, seed {seed}",
        "verdict": "inside",
        "claim": {"band_db": [36.0, 36.5]},
        "methods": {
            "denoised": {"label": "C-BSN", **scores},
            "noisy": {"label": "noisy input", **scores, "psnr_db": 23.66},
        },
        "seeds": {
            "psnr_db": {"0": 36.2, "1": 36.4},
            "mean_db": 36.3,
            "standard_deviation_db": 0.1414,
        },
        "seed": seed,
        "data": {"kind": "sidd_blocks", "images": 1280},
        "scored": {"trained_on": 1280, "blocks": 1280},
        "steps": 5000,
        "hours": 1.5,
        "hardware": "a GPU",
        "git_commit": "0123456789abcdef",
        "training_options": {"network": {"channels": 32}, "ema_decay": None},
    }
    return card | changes


def make_run(run_id, version=None, *, params=None, metrics=None, **tags):
    if version:
        tags["versions"] = f"manifest:M,reproduction_card:{version}"
    return SimpleNamespace(
        info=SimpleNamespace(
            run_id=run_id, status="FINISHED", start_time=1_767_323_045_678
        ),
        data=SimpleNamespace(tags=tags, params=params or {}, metrics=metrics or {}),
    )


@pytest.fixture
def write(tmp_path):
    """Write a card where reproduce would."""

    def write(version, name="sample", card=None):
        path = tmp_path / "data/08_reporting" / name / CARD / version / CARD
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(card or make_card()))
        return path.relative_to(tmp_path)

    return write


def test_the_two_newest_cards_are_taken_the_older_first(tmp_path, write):
    write("2026-01")
    newest, second = write("2026-03"), write("2026-02", name="blocks")

    assert find_cards([], [], tmp_path) == [second, newest]


def test_one_card_cannot_be_compared(tmp_path, write):
    write("2026-01")

    with pytest.raises(ValueError, match="holds 1 reproduction cards.*train.seed=1"):
        find_cards([], [], tmp_path)


def test_cards_are_found_by_run_and_by_path(tmp_path, write):
    by_run, by_path = write("2026-02"), write("2026-01", name="blocks")

    found = find_cards(
        [FIRST, str(by_path.parent)], [make_run(FIRST, "2026-02")], tmp_path
    )

    assert found == [by_run, by_path]


def test_a_card_outside_the_project_keeps_its_path(tmp_path, write):
    card = tmp_path / write("2026-01")
    project = tmp_path / "project"

    assert find_cards([str(card)] * 2, [], project) == [card, card]


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        ([], "MLflow does not know the run"),
        ([make_run(FIRST)], "the run wrote no card"),
        ([make_run(FIRST, "V")], "its card of version V is not below"),
    ],
)
def test_a_run_that_leads_to_no_card_says_why(runs, why, tmp_path):
    with pytest.raises(ValueError, match=f"{FIRST} leads to no .*card: {why}"):
        find_cards([FIRST, FIRST], runs, tmp_path)


def test_three_runs_are_refused(tmp_path):
    with pytest.raises(ValueError, match="3 runs are named.*expected two"):
        find_cards(["a", "b", "c"], [], tmp_path)


def test_the_run_of_a_card_is_the_one_that_saved_its_version(write):
    runs = [make_run(FIRST, "2026-01"), make_run(SECOND, "2026-02"), make_run("none")]

    assert run_of(write("2026-02"), runs) is runs[1]
    assert run_of(write("2026-03"), runs) is None


def test_cards_are_read_and_other_files_refused(tmp_path, write):
    path = write("2026-01", card=make_card(seed=7))
    assert read_cards([path], tmp_path)[0]["seed"] == 7

    other = write("2026-02", card={"methods": {}, "claim": {}})
    with pytest.raises(ValueError, match="lacks seeds: expected the reproduction_card"):
        read_cards([other], tmp_path)


def test_cards_stand_side_by_side():
    alone = {"psnr_db": {"0": 36.2}, "mean_db": 36.2, "standard_deviation_db": None}
    second = make_card(
        seeds=alone, claim={"band_db": None}, git_commit="", psnr_db=36.456
    )
    second["methods"]["denoised_ema"] = {"label": "EMA", "psnr_db": 37.0}

    table = tabulate_cards([make_card(), second])

    assert list(table) == ["A", "B"]
    assert table.loc["PSNR dB"].tolist() == ["36.20", "36.46"]
    assert table.loc["SSIM luma", "A"] == "0.9124"
    assert table.loc["band dB"].tolist() == ["36 to 36.5", "none"]
    assert table.loc["PSNR dB, mean of seeds"].tolist() == [
        "36.30 (2 seeds, standard deviation 0.14)",
        "36.20 (one seed)",
    ]
    assert table.loc["PSNR dB of EMA"].tolist() == ["", "37.00"]
    assert table.loc["commit"].tolist() == ["0123456789ab", "unknown"]


def test_options_that_differ_are_listed_with_the_seed():
    options = {"network": {"channels": 64}, "ema_decay": None, "new": 1}
    second = make_card(seed=1, training_options=options)

    table = tabulate_options([make_card(), second])

    assert table.to_dict("index") == {
        "seed": {"A": "0", "B": "1"},
        "network.channels": {"A": "32", "B": "64"},
        "new": {"A": "not known", "B": "1"},
    }
    assert tabulate_options([make_card(), make_card()]).empty


def test_runs_are_listed_with_the_parameters_that_differ():
    runs = [
        make_run(
            FIRST,
            params={"train.seed": "0", "train.steps": "4"},
            metrics={"validation/denoised/psnr_db": 30.126},
            verdict="no verdict: too short",
            environment="sample",
        ),
        make_run(SECOND, params={"train.seed": "1", "train.steps": "4"}),
    ]

    table = tabulate_runs(runs)

    assert table.index.tolist() == [FIRST, SECOND]
    assert table.loc[FIRST, "started (UTC)"] == "2026-01-02 03:04"
    assert table["verdict"].tolist() == ["no verdict", ""]
    assert table["train.seed"].tolist() == ["0", "1"]
    assert "train.steps" not in table
    assert table["PSNR dB"].tolist() == ["30.13", "-"]


def test_no_runs_are_an_empty_table():
    assert tabulate_runs([]).empty
