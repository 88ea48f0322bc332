import pytest

from cbsn_pipeline.noisy_images.manifest import Manifest
from cbsn_pipeline.pipelines.reproduce import site
from cbsn_pipeline.pipelines.reproduce.options import ReproduceOptions
from cbsn_pipeline.training.options import TrainOptions

OPTIONS = ReproduceOptions(
    protocol="DND, dagger",
    scored_by="site",
    trained_on="dnd",
    dagger=True,
    band_db=(38.4, 38.9),
    band_source="Table 1",
    paper_psnr_db=38.6,
    paper_ssim=0.941,
    paper_source="Table 1",
    steps=500,
)
REPORT = {
    "folder": "here/bundled",
    "uploadable": True,
    "num_images": 50,
    "num_boxes": 20,
    "mean_absolute_change": 0.02,
    "trained_on_images": 50,
    "time": {"seconds_per_megapixel": 1.5},
    "archive": {"file": "here/dnd.zip", "bytes": 7, "sha256": "abc"},
}


def write(report=REPORT, steps=500, **answered):
    options = OPTIONS.model_copy(update=answered)
    training_report = {"seconds_of_all_sessions": 3600.0, "speed": "bfloat16"}
    manifest = Manifest.of("dnd", [])
    train = TrainOptions(steps=steps)
    return site.write_site_card(report, training_report, manifest, train, options)


def test_other_training_data_is_refused():
    with pytest.raises(ValueError, match="trains on dnd, the manifest is of photos"):
        site.check_site_protocol(Manifest.of("photos", []), OPTIONS)


def test_a_submission_waits_for_the_site():
    card, page, *_ = write()

    assert card["psnr_db"] is None
    assert card["verdict"].startswith("no verdict: the site has not scored it yet")
    assert "**no verdict: the site has not scored it yet" in page
    assert "| scored on | 1000 crops of 50 images |" in page
    assert "38.60 dB, SSIM 0.941 (convention unknown); Table 1" in page
    assert "| archive_sha256 | abc |" in page
    assert "yes: 50 of 50 scored images were trained on" in page


@pytest.mark.parametrize(
    ("psnr_db", "verdict"), [(38.39, "below"), (38.6, "inside"), (38.91, "above")]
)
def test_the_answer_of_the_site_is_judged(psnr_db, verdict):
    card, page, *_ = write(site_psnr_db=psnr_db, site_ssim=0.94)

    assert card["verdict"] == verdict
    assert f"{psnr_db:.2f} dB, SSIM 0.940 by the site: {verdict} the band" in page


@pytest.mark.parametrize(
    ("changes", "steps", "obstacle"),
    [
        ({"uploadable": False}, 500, "part of the official set was scored"),
        ({"trained_on_images": 0}, 500, "0 of 50 scored images were trained on"),
        ({}, 7, "7 steps, the band is for 500"),
    ],
)
def test_a_protocol_that_was_not_kept_gets_no_verdict(changes, steps, obstacle):
    card, *_ = write(REPORT | changes, steps=steps, site_psnr_db=38.6)

    assert card["verdict"].startswith("no verdict")
    assert obstacle in card["verdict"]


def test_a_submission_without_an_archive_has_none():
    card, *_ = write(REPORT | {"archive": None})

    assert card["submission"]["archive"] is None


def test_the_answer_of_the_site_becomes_a_metric():
    *_, metrics, tags = write()
    assert metrics == {}
    assert tags["protocol"] == "DND, dagger"

    *_, metrics, tags = write(site_psnr_db=38.6)
    assert metrics == {"reproduction/psnr_db": 38.6}
    assert tags["verdict"] == "inside"
