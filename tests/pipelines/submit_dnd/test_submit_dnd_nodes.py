import json
import logging

import numpy as np
import pytest
from kedro.io import DatasetError
from kedro.validation.type_extractor import TypeExtractor

from cbsn_pipeline.datasets.dnd_submission_dataset import DndSubmissionDataset
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.pipelines.submit_dnd import create_pipeline, nodes
from cbsn_pipeline.pipelines.submit_dnd.options import SubmitDndOptions

TINY = SubmitDndOptions(num_images=2, num_boxes=2, crop_size=16)


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"submit_dnd": SubmitDndOptions}
    assert not caplog.records


def test_each_crop_is_denoised_on_its_own(dnd, denoiser):
    submission = nodes.denoise_dnd(denoiser, dnd, TINY)

    first, second = submission

    assert denoiser.calls == [((16, 16, 3), None)] * 4
    crop = dnd.pixels[1, 24:40, 34:50]
    np.testing.assert_array_equal(second.noisy[1], crop)
    np.testing.assert_array_equal(
        second.denoised[1], np.clip(crop - crop.mean() / 2, 0, 1)
    )
    assert (first.image, second.image) == (0, 1)


def test_averaged_weights_are_used_when_asked_for(dnd, denoiser):
    averaged = type(denoiser)()
    denoiser.averaged = lambda: averaged
    options = SubmitDndOptions(num_images=2, num_boxes=2, crop_size=16, weights="ema")

    next(iter(nodes.denoise_dnd(denoiser, dnd, options)))

    assert denoiser.calls == []
    assert averaged.calls


def test_with_the_image_as_context_its_statistics_count(dnd, denoiser):
    options = TINY.model_copy(update={"context": "image", "padding": 5})

    first, _ = nodes.denoise_dnd(denoiser, dnd, options)

    assert denoiser.calls == [((40, 50, 3), 5)] * 2
    whole = np.clip(dnd.pixels[0] - dnd.pixels[0].mean() / 2, 0, 1)
    np.testing.assert_array_equal(first.denoised[0], whole[:16, :16])


def test_nothing_is_read_before_it_is_asked_for(dnd, denoiser):
    images = iter(nodes.denoise_dnd(denoiser, dnd, TINY))

    assert dnd.num_reads == 0
    next(images)
    assert dnd.num_reads == 1


def test_another_number_of_images_is_refused(dnd, denoiser):
    with pytest.raises(ValueError, match=r"lists 2 images; expected 50\. .* declared"):
        nodes.denoise_dnd(denoiser, dnd, SubmitDndOptions())


def test_another_number_of_boxes_is_refused(dnd, denoiser):
    options = TINY.model_copy(update={"num_boxes": 20})

    with pytest.raises(ValueError, match="expected 20 rows"):
        nodes.denoise_dnd(denoiser, dnd, options)


def test_another_size_of_crops_is_refused(dnd, denoiser):
    options = TINY.model_copy(update={"crop_size": 512})

    with pytest.raises(ValueError, match="covers 16x16 pixels; expected 512x512"):
        nodes.denoise_dnd(denoiser, dnd, options)


def test_a_box_outside_the_image_is_refused(dnd, denoiser):
    dnd.box_table = np.array([[1, 1, 16, 16], [25, 36, 40, 51]])

    with pytest.raises(ValueError, match="leaves the image of 40x50 pixels"):
        list(nodes.denoise_dnd(denoiser, dnd, TINY))


def saved(dnd, denoiser, path):
    dataset = DndSubmissionDataset(filepath=path.as_posix())
    dataset.save(nodes.denoise_dnd(denoiser, dnd, TINY))
    return dataset.load()


def test_the_report_describes_every_file(dnd, denoiser, tmp_path):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")

    report, logged = nodes.check_dnd_submission(submission, dnd, TINY)

    assert list(report["files"]) == ["0001.mat", "0002.mat"]
    file = report["files"]["0002.mat"]
    crops = np.stack(submission.read(1, num_boxes=2))
    noisy = np.stack([dnd.pixels[1, :16, :16], dnd.pixels[1, 24:, 34:]])
    assert file["crops"] == 2
    assert file["max"] == crops.max()
    assert file["mean_absolute_change"] == pytest.approx(np.abs(crops - noisy).mean())
    assert set(logged) == {
        "submit_dnd/mean_absolute_change",
        "submit_dnd/seconds_per_megapixel",
    }
    assert report["folder"].endswith("dnd_submission/bundled")
    assert report["denoiser"]["steps"] == 7
    assert report["dagger"].startswith("unknown")
    assert report["time"]["megapixels"] == pytest.approx(4 * 256 / 1e6)
    json.dumps(report)


def test_the_archive_is_described(dnd, denoiser, tmp_path):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")

    archive = nodes.check_dnd_submission(submission, dnd, TINY)[0]["archive"]

    path = tmp_path / "dnd_submission/partial_set_not_for_upload.zip"
    assert archive["file"] == str(path)
    assert archive["bytes"] == path.stat().st_size


def test_part_of_the_set_is_called_not_for_upload(dnd, denoiser, tmp_path, caplog):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")

    with caplog.at_level(logging.WARNING):
        report, _ = nodes.check_dnd_submission(submission, dnd, TINY)

    assert report["uploadable"] is False
    assert "2 images of 2 crops, part of DND: it is not for upload" in caplog.text


def test_without_facts_an_older_submission_is_still_checked(dnd, denoiser, tmp_path):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")
    (submission.path / "facts.json").unlink()

    assert "time" not in nodes.check_dnd_submission(submission, dnd, TINY)[0]


def test_images_that_were_trained_on_are_counted(dnd, denoiser, tmp_path):
    denoiser = type(denoiser)([pixel_sha256(dnd.pixels[1])])
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")

    report, _ = nodes.check_dnd_submission(submission, dnd, TINY)

    assert report["trained_on_images"] == 1
    assert report["dagger"] == "dagger: 1 of the 2 images were trained on"


@pytest.mark.parametrize(("context", "pixels"), [("crop", 4 * 256), ("image", 4000)])
def test_time_is_that_of_the_denoiser_over_what_it_was_given(
    dnd, denoiser, context, pixels
):
    submission = nodes.denoise_dnd(
        denoiser, dnd, TINY.model_copy(update={"context": context})
    )
    list(submission)

    assert submission.facts()["time"]["megapixels"] == pytest.approx(pixels / 1e6)


def test_the_report_refuses_a_submission_that_is_the_input(dnd, denoiser, tmp_path):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")
    dnd.pixels[1, :16, :16] = submission.read(1, num_boxes=2)[0]

    with pytest.raises(ValueError, match=r"0002\.mat, box 1: .* is the noisy input"):
        nodes.check_dnd_submission(submission, dnd, TINY)


def test_the_report_notices_a_missing_file(dnd, denoiser, tmp_path):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")
    (submission.folder / "0002.mat").unlink()

    with pytest.raises(ValueError, match=r"holds 1 files; expected 2, .*0002\.mat"):
        nodes.check_dnd_submission(submission, dnd, TINY)


def test_the_report_notices_a_truncated_file(dnd, denoiser, tmp_path):
    submission = saved(dnd, denoiser, tmp_path / "dnd_submission")
    file = submission.folder / "0002.mat"
    file.write_bytes(file.read_bytes()[:2000])

    with pytest.raises(DatasetError, match=r"0002\.mat is truncated or damaged"):
        nodes.check_dnd_submission(submission, dnd, TINY)
