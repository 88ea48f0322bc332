import json
import logging

import numpy as np
import pytest
from kedro.validation.type_extractor import TypeExtractor

from cbsn_pipeline.datasets import SiddSubmissionDataset
from cbsn_pipeline.formats.sidd_layouts import kaggle_csv
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.pipelines.submit_sidd import create_pipeline, nodes
from cbsn_pipeline.pipelines.submit_sidd.options import SubmitSiddOptions

TINY = SubmitSiddOptions(num_images=2, num_blocks=2)


def test_kedro_finds_the_options_of_the_nodes(caplog):
    with caplog.at_level(logging.WARNING):
        found = TypeExtractor({"it": create_pipeline()}).extract_types_from_pipelines()

    assert found == {"submit_sidd": SubmitSiddOptions}
    assert not caplog.records


def test_blocks_are_denoised_image_by_image_when_asked_for(denoiser, noisy_blocks):
    options = TINY.model_copy(update={"padding": 3, "batch_size": 5})
    submission = nodes.denoise_sidd_benchmark(denoiser, noisy_blocks, options)
    assert denoiser.calls == []

    first, second = submission

    assert denoiser.calls == [((2, 256, 256, 3), 3, 5)] * 2
    assert (first.image, second.image) == (0, 1)
    np.testing.assert_array_equal(second.noisy, noisy_blocks[1])
    np.testing.assert_array_equal(second.denoised, noisy_blocks[1] // 2)


def test_a_set_of_another_size_is_refused(denoiser, noisy_blocks):
    with pytest.raises(ValueError, match="partial set must be declared, by num_images"):
        nodes.denoise_sidd_benchmark(denoiser, noisy_blocks, SubmitSiddOptions())


def test_averaged_weights_are_used_when_asked_for(denoiser, noisy_blocks):
    averaged = type(denoiser)()
    denoiser.averaged = lambda: averaged
    options = TINY.model_copy(update={"weights": "ema"})

    next(iter(nodes.denoise_sidd_benchmark(denoiser, noisy_blocks, options)))

    assert denoiser.calls == []
    assert averaged.calls


def test_time_is_that_of_the_denoiser_over_all_pixels(
    denoiser, noisy_blocks, monkeypatch
):
    readings = iter([0.0, 1.0, 5.0, 8.0])
    monkeypatch.setattr("cbsn_pipeline.pace.time.perf_counter", lambda: next(readings))
    submission = nodes.denoise_sidd_benchmark(denoiser, noisy_blocks, TINY)
    list(submission)

    # (1 + 3) seconds over four blocks of 65,536 pixels
    assert submission.seconds_per_megapixel() == pytest.approx(4 / 0.262144)


def saved(denoiser, noisy_blocks, path, options=TINY):
    dataset = SiddSubmissionDataset(filepath=path.as_posix())
    dataset.save(nodes.denoise_sidd_benchmark(denoiser, noisy_blocks, options))
    return dataset.load()


def test_the_report_says_what_was_made(denoiser, noisy_blocks, tmp_path):
    report, logged = nodes.report_sidd_submission(
        saved(denoiser, noisy_blocks, tmp_path / "submission"), TINY
    )

    change = (noisy_blocks - noisy_blocks // 2).mean()
    assert report["mean_absolute_change"] == pytest.approx(change)
    assert report["pixel_sha256"] == pixel_sha256(noisy_blocks // 2)
    assert report["denoiser"]["steps"] == 7
    assert report["dagger"].startswith("unknown")
    assert report["time"]["megapixels"] == pytest.approx(0.262144)
    assert report["time"]["hardware"]
    assert list(report["files"]) == ["kaggle/partial_set_not_for_upload.csv"]
    assert set(logged) == {
        "submit_sidd/mean_absolute_change",
        "submit_sidd/seconds_per_megapixel",
    }
    json.dumps(report)


def test_part_of_the_set_is_called_not_for_upload(
    denoiser, noisy_blocks, tmp_path, caplog
):
    submission = saved(denoiser, noisy_blocks, tmp_path / "submission")

    with caplog.at_level(logging.INFO):
        report, _ = nodes.report_sidd_submission(submission, TINY)
        whole, _ = nodes.report_sidd_submission(submission, SubmitSiddOptions())

    assert (report["uploadable"], whole["uploadable"]) == (False, True)
    (warning,) = [r.message for r in caplog.records if r.levelname == "WARNING"]
    assert "2 images of 2 blocks, part of the benchmark" in warning
    assert caplog.messages[-1].endswith("kaggle/partial_set_not_for_upload.csv")


def test_blocks_that_were_trained_on_are_counted(noisy_blocks, denoiser, tmp_path):
    seen = [pixel_sha256(noisy_blocks[1, 0]), "another"]
    submission = saved(type(denoiser)(seen), noisy_blocks, tmp_path / "submission")

    report, _ = nodes.report_sidd_submission(submission, TINY)

    assert report["trained_on_blocks"] == 1
    assert report["dagger"] == "dagger: 1 of the 4 blocks were trained on"


def test_writing_twice_counts_once(denoiser, noisy_blocks, tmp_path):
    submission = nodes.denoise_sidd_benchmark(denoiser, noisy_blocks, TINY)
    for name in ("first", "second"):
        path = (tmp_path / name).as_posix()
        SiddSubmissionDataset(filepath=path).save(submission)

    facts = SiddSubmissionDataset(filepath=path).load().facts
    assert facts["time"]["megapixels"] == pytest.approx(0.262144)
    assert len(facts["mean_absolute_change_by_image"]) == 2


def test_a_real_network_goes_all_the_way(noisy_blocks, tmp_path):
    from cbsn_pipeline.cbsn import CBSN, Denoiser, NetworkOptions

    denoiser = Denoiser(CBSN(NetworkOptions(channels=8, blocks=1)))
    saved(denoiser, noisy_blocks, tmp_path / "submission")

    (file,) = (tmp_path / "submission/kaggle").iterdir()
    blocks = [block for _, block in kaggle_csv.read(file)]
    best = denoiser.restituting("auto")  # the default, also in the provenance
    expected = best.denoise_blocks(np.ascontiguousarray(noisy_blocks[1]))
    np.testing.assert_array_equal(blocks[2:], expected)
