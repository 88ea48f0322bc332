import logging
from pathlib import Path

import numpy as np
import pytest
import yaml
from kedro.validation.type_extractor import TypeExtractor
from pydantic import ValidationError

from cbsn_pipeline.cbsn import RestitutionSetting
from cbsn_pipeline.cbsn.denoiser import DenoisedPicture
from cbsn_pipeline.datasets.photos_dataset import Photos
from cbsn_pipeline.photos.photo import Photo
from cbsn_pipeline.pipelines.denoise import create_pipeline, nodes
from cbsn_pipeline.pipelines.denoise.before_after import Comparison
from cbsn_pipeline.pipelines.denoise.options import DenoiseOptions
from cbsn_pipeline.tracked_recorder import TrackedRecorder


class HalvingDenoiser:
    """Stands in for cbsn.Denoiser."""

    def __init__(self, colour=0.0):
        self.paddings = []
        self.colour = colour

    def restituting(self, restitution):
        self.restitution = restitution
        return self

    def denoise_picture(self, image, *, padding, keep_alone, advance):
        self.paddings.append(padding)
        setting = RestitutionSetting(window=33, strength=0.5)
        advance(len(image))
        return DenoisedPicture(image // 2, image // 3, setting, 0.01, self.colour)


class TinyPhotos(Photos):
    """Photographs in memory."""

    def __init__(self, *images):
        files = [Path(f"/photos/{number}.jpg") for number in range(len(images))]
        super().__init__(files, Path("/photos"))
        self.images = images
        self.num_reads = 0

    def read(self, index):
        self.num_reads += 1
        return Photo(self[index], "JPEG", self.images[index])


@pytest.fixture
def photos():
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    deep = rng.integers(0, 65536, (6, 4, 3)).astype(np.uint16)
    return TinyPhotos(small, deep)


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"denoise": DenoiseOptions}
    assert not caplog.records


def test_the_parameters_in_conf_are_the_defaults():
    conf = Path(__file__).resolve().parents[3] / "conf/base/parameters_denoise.yml"

    options = DenoiseOptions(**yaml.safe_load(conf.read_text())["denoise"])

    assert options == DenoiseOptions()
    assert options.padding is None


@pytest.mark.parametrize("bad", [{"pad": 3}, {"padding": -1}])
def test_options_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError, match="not permitted|greater than or equal"):
        DenoiseOptions(**bad)


def test_photographs_are_denoised_when_they_are_asked_for(photos):
    denoiser = HalvingDenoiser()

    pending = list(nodes.denoise_photos(denoiser, photos, DenoiseOptions(padding=8))[0])

    assert [str(photo.name) for photo in pending] == ["0.jpg", "1.jpg"]
    assert pending[0].source == Path("/photos/0.jpg")
    assert photos.num_reads == 0
    np.testing.assert_array_equal(pending[1].make().pixels, photos.images[1] // 2)
    assert photos.num_reads == 1
    assert denoiser.paddings == [8]


def test_averaged_weights_are_used_when_asked_for(photos):
    raw, averaged = HalvingDenoiser(), HalvingDenoiser()
    raw.averaged = lambda: averaged

    pending = list(nodes.denoise_photos(raw, photos, DenoiseOptions(weights="ema"))[0])
    pending[0].make()

    assert (raw.paddings, averaged.paddings) == ([], [None])


def test_the_time_per_megapixel_is_logged(photos, monkeypatch, caplog):
    logged = []
    monkeypatch.setattr(
        TrackedRecorder,
        "log_metrics",
        lambda _, values, step: logged.append((values, step)),
    )
    monkeypatch.setattr(
        "cbsn_pipeline.pace.time.perf_counter", iter([10.0, 12.0]).__next__
    )
    denoised, _ = nodes.denoise_photos(HalvingDenoiser(), photos, DenoiseOptions())
    assert denoised.pace.seconds_per_megapixel == 0.0

    with caplog.at_level(logging.INFO):
        next(iter(denoised)).make()

    expected = 2.0 / (35 / 1e6)  # 5x7 pixels in two seconds
    assert denoised.pace.seconds_per_megapixel == pytest.approx(expected)
    ((metrics, step),) = logged
    assert step == 0
    assert metrics["denoise/seconds_per_megapixel"] == pytest.approx(expected)
    assert "1/2 0.jpg: 0.00 megapixels in 2.0 s" in caplog.text


def test_what_was_given_back_is_said_and_logged(photos, monkeypatch, caplog):
    logged = {}
    monkeypatch.setattr(
        TrackedRecorder, "log_metrics", lambda _, values, step: logged.update(values)
    )
    denoiser = HalvingDenoiser()

    with caplog.at_level(logging.INFO):
        next(iter(nodes.denoise_photos(denoiser, photos, DenoiseOptions())[0])).make()

    assert denoiser.restitution == "auto"
    assert logged["denoise/restitution_window"] == 33
    assert logged["denoise/restitution_strength"] == 0.5
    assert "gave back tone and colour, window 33 pixels, strength 0.5" in caplog.text
    assert "lost colour" not in caplog.text


def test_a_network_that_lost_colour_is_reported(photos, caplog):
    denoiser = HalvingDenoiser(colour=10 / 255)
    options = DenoiseOptions(restitution={"window": 33, "strength": 0.5})

    next(iter(nodes.denoise_photos(denoiser, photos, options)[0])).make()

    assert "0.jpg: the network lost colour; 10.0 of 255 levels" in caplog.text
    assert "over 33 pixels" in caplog.text


def test_crops_of_the_first_photographs_are_kept_while_they_are_written(photos):
    options = DenoiseOptions(compared_photos=1)
    pending, crops = nodes.denoise_photos(HalvingDenoiser(), photos, options)
    assert crops == []

    for photo in pending:
        photo.make()

    assert {crop.title.partition(":")[0] for crop in crops} == {"0.jpg"}
    assert list(crops[0].panels) == ["noisy", "network alone", "denoised"]


def test_the_sheet_is_drawn():
    image = np.zeros((4, 4, 3), np.uint8)
    crop = Comparison("a.png: most noise", {"noisy": image, "denoised": image})

    figure = nodes.draw_before_after((Path("a.png"),), [crop])

    assert [text.get_text() for text in figure.texts] == [crop.title, *crop.panels]
