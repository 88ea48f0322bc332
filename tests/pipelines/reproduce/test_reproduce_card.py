import json

import pytest
from pydantic import ValidationError

from cbsn_pipeline.datasets import VersionsDataset
from cbsn_pipeline.pipelines.reproduce.card import (
    as_markdown,
    find_obstacles,
    hours_of,
    judge,
    read_cards,
    with_seeds,
)
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions

OPTIONS = ReproduceOptions(
    protocol="ours",
    trained_on="sidd_blocks",
    dagger=True,
    band_db=(36.0, 36.5),
    band_source="a table",
    paper_psnr_db=36.22,
    paper_ssim=0.935,
    paper_ssim_convention="ssim_luma",
    paper_source="Table 1",
    steps=500,
)


def make_card(seed=0, psnr_db=36.2, **changes):
    scores = dict.fromkeys(
        ("ssim_uniform", "ssim_gaussian", "ssim_luma", "ssim_volume"), 0.9
    )
    card = {
        "protocol": "ours",
        "claim": OPTIONS.model_dump(mode="json"),
        "data": {"kind": "sidd_blocks", "digest": "d1", "images": 1280},
        "scored": {
            "unit": "blocks",
            "images": 40,
            "blocks": 1280,
            "whole_set": True,
            "dagger": True,
            "trained_on": 1280,
        },
        "selection": "the last state",
        "seed": seed,
        "steps": 500,
        "training_options": {"steps": 500, "batch_size": 4},
        "hours": 1.5,
        "hardware": "a GPU",
        "git_commit": "abc",
        "git_dirty": "false",
        "lock_sha256": "def",
        "psnr_db": psnr_db,
        "methods": {"denoised": {"label": "C-BSN", "psnr_db": psnr_db, **scores}},
        "by_camera": [
            {"camera": "GP", "iso": 800, "psnr_db": 36.123, "ssim_luma": 0.9}
        ],
        "by_image": [],
        "checkerboard": {
            "denoised": {"checkerboard_2": 0.126, "checkerboard_5": 0.0},
            "clean": {"checkerboard_2": 0.0, "checkerboard_5": 0.01},
        },
        "verdict": "inside",
    }
    return card | changes


@pytest.mark.parametrize(
    ("psnr_db", "verdict"),
    [
        (35.99, "below"),
        (36.0, "inside"),
        (36.5, "inside"),
        (36.51, "above"),
        (float("nan"), "below"),
    ],
)
def test_the_band_judges(psnr_db, verdict):
    assert judge(psnr_db, [], OPTIONS) == verdict


def test_what_the_protocol_does_not_cover_is_not_judged():
    without = OPTIONS.model_copy(update={"band_db": None})

    assert judge(36.2, ["too short"], OPTIONS) == "no verdict: too short"
    assert judge(36.2, [], without) == "no verdict: the protocol has no band"


def test_a_kept_protocol_has_no_obstacles():
    assert find_obstacles(make_card(), OPTIONS) == []


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        (
            {"data": {"kind": "photos"}},
            "trained on photos, not on sidd_blocks",
        ),
        (
            {
                "scored": {
                    "unit": "blocks",
                    "dagger": False,
                    "trained_on": 0,
                    "blocks": 8,
                    "whole_set": True,
                }
            },
            "0 of 8 scored blocks were trained on; the protocol demands dagger",
        ),
        (
            {
                "scored": {
                    "dagger": True,
                    "trained_on": 8,
                    "blocks": 8,
                    "whole_set": False,
                }
            },
            "part of the official set was scored",
        ),
        ({"training_options": {"steps": 9}}, "9 steps, the band is for 500"),
        (
            {"training_options": {"steps": 500, "batch_size": 64, "seed": 3}},
            "batch_size 64, the released schedule has 4",
        ),
    ],
)
def test_what_was_not_kept_is_named(changes, obstacle):
    assert find_obstacles(make_card(**changes), OPTIONS) == [obstacle]


def test_photographs_of_scored_scenes_are_a_dagger_that_hashes_do_not_see():
    data = {"kind": "sidd_medium", "scored_scenes": ["0009_001_S6_00800", "0022"]}
    scored = make_card()["scored"] | {"dagger": False, "trained_on": 0}
    claim = {"dagger": False, "trained_on": "sidd_medium"}

    found = find_obstacles(
        make_card(data=data, scored=scored), OPTIONS.model_copy(update=claim)
    )

    assert found == [
        "2 scene instances of the validation set were trained on, 0009_001_S6_00800 "
        "first"
    ]


def test_a_claim_without_a_paper_is_free_to_train_as_it_likes():
    own = OPTIONS.model_copy(update={"paper_psnr_db": None})
    trained = {"steps": 500, "batch_size": 64}

    assert find_obstacles(make_card(training_options=trained), own) == []


def test_seeds_are_averaged_over_the_cards_of_one_experiment():
    earlier = [
        make_card(seed=1, psnr_db=30.0),
        make_card(seed=1, psnr_db=36.4),  # the newer counts
        make_card(seed=2, psnr_db=20.0, git_commit="other"),
        make_card(seed=3, psnr_db=20.0, data={"digest": "d2"}),
    ]

    seeds = with_seeds(make_card(seed=0, psnr_db=36.2), earlier)["seeds"]

    assert seeds["psnr_db"] == {"0": 36.2, "1": 36.4}
    assert seeds["mean_db"] == pytest.approx(36.3)
    assert seeds["standard_deviation_db"] == pytest.approx(0.2 / 2**0.5)


def test_one_seed_has_no_spread():
    seeds = with_seeds(make_card(), [])["seeds"]

    assert seeds["standard_deviation_db"] is None


def test_earlier_cards_are_read_in_order_and_damaged_ones_named(tmp_path, caplog):
    folder = tmp_path / "card.json"
    good = [{"seed": 2, "psnr_db": 30.0}, {"seed": 3, "psnr_db": 31.0}]
    for version, content in (
        ("2026-01", "{"),
        ("2026-03", json.dumps(good[1])),
        ("2026-04", '["seed"]'),
        ("2026-05", "[" * 100_000),
    ):
        (folder / version).mkdir(parents=True)
        (folder / version / "card.json").write_text(content)
    (folder / "2026-02").mkdir()
    (folder / "2026-02" / "card.json").write_text(json.dumps(good[0]))

    entry = {"type": "json.JSONDataset", "filepath": str(folder), "versioned": True}
    assert read_cards(VersionsDataset(dataset=entry).load()) == good
    for version in ("2026-01", "2026-04", "2026-05"):
        assert version in caplog.text
    assert read_cards([]) == []


def test_the_page_says_it_all():
    page = as_markdown(with_seeds(make_card(), [make_card(seed=1, psnr_db=36.4)]))

    assert page.startswith("# Reproduction card: ours\n\n**36.20 dB: inside the band")
    assert "36 to 36.5 dB (a table)" in page
    assert "| published | 36.22 dB, SSIM 0.935 (ssim_luma); Table 1 |" in page
    assert "1280 of 1280 scored blocks were trained on" in page
    assert "| C-BSN | 36.20 | 0.900 | 0.900 | 0.900 | 0.900 |" in page
    assert "| mean | 36.300 |" in page
    assert "| GP | 800 | 36.12 | 0.900 |" in page
    assert '"batch_size": 4' in page


def test_hours_count_all_sessions():
    assert hours_of({"seconds_of_all_sessions": 5400.0}) == 1.5


def test_a_band_upside_down_is_refused():
    with pytest.raises(ValidationError, match="expected the lower bound first"):
        ReproduceOptions(protocol="p", trained_on="photos", band_db=(37.0, 36.0))


def test_the_page_says_whether_the_strides_left_a_grid():
    page = as_markdown(with_seeds(make_card(), []))

    assert "|  | 2 pixels | 5 pixels |" in page
    assert "| denoised | 0.13 | 0.00 |" in page


def test_a_site_scores_one_submission_at_a_time():
    with pytest.raises(ValidationError, match=r"seeds is 2.*once per train\.seed"):
        ReproduceOptions(protocol="p", trained_on="dnd", scored_by="site", seeds=2)
