import zipfile

import numpy as np
import pytest
from kedro.io import DatasetError, Version
from scipy.io import loadmat, savemat, whosmat

from cbsn_pipeline.benchmarks.dnd import boxes
from cbsn_pipeline.datasets.dnd_submission_dataset import (
    DenoisedImage,
    DndSubmissionDataset,
    SavedDndSubmission,
)

SIZE = 8


class Submission:
    """Images with two crops each, denoised by halving."""

    num_boxes = 2

    def __init__(self, num_images=3, change=lambda crop: crop / 2, *, pack=False):
        self.num_images = num_images
        self.change = change
        self.zip = pack

    def facts(self):
        return {"steps": 7}

    def __iter__(self):
        rng = np.random.default_rng(0)
        for image in range(self.num_images):
            noisy = list(rng.random((2, SIZE, SIZE, 3), dtype=np.float32))
            yield DenoisedImage(image, noisy, [self.change(crop) for crop in noisy])


def dataset_at(folder, version=None):
    return DndSubmissionDataset(
        filepath=(folder / "dnd_submission").as_posix(), version=version
    )


def left_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_files_are_those_of_the_site(tmp_path):
    dataset_at(tmp_path).save(Submission())

    folder = tmp_path / "dnd_submission" / "bundled"
    assert [file.name for file in sorted(folder.iterdir())] == [
        *("0001.mat", "0002.mat", "0003.mat"),
    ]
    assert whosmat(folder / "0002.mat") == [
        ("Idenoised", (1, 2), "cell"),
        ("israw", (1, 1), "logical"),
        ("eval_version", (1,), "char"),
    ]
    content = loadmat(folder / "0002.mat")
    assert content["eval_version"].tolist() == ["1.0"]
    assert content["israw"].tolist() == [[0]]
    second = list(Submission())[1]
    crop = content["Idenoised"][0, 1]
    assert crop.dtype == np.float32
    np.testing.assert_array_equal(crop, second.denoised[1])


def test_what_was_saved_is_loaded_image_by_image(tmp_path):
    dataset = dataset_at(tmp_path)
    dataset.save(Submission())

    crops = dataset.load().read(2, num_boxes=2)

    np.testing.assert_array_equal(crops, list(Submission())[2].denoised)


def test_the_files_are_packed_when_asked_for(tmp_path):
    dataset_at(tmp_path).save(Submission(pack=True))

    saved = dataset_at(tmp_path).load()
    assert saved.archive() == tmp_path / "dnd_submission/partial_set_not_for_upload.zip"
    with zipfile.ZipFile(saved.archive()) as archive:
        assert archive.namelist() == ["0001.mat", "0002.mat", "0003.mat"]
        packed = archive.read("0002.mat")
    assert packed == (saved.folder / "0002.mat").read_bytes()


def test_the_archive_of_the_whole_set_has_no_such_name(tmp_path, monkeypatch):
    monkeypatch.setattr(boxes, "NUM_IMAGES", 3)
    monkeypatch.setattr(boxes, "NUM_BOXES", 2)
    dataset_at(tmp_path).save(Submission(pack=True))

    assert dataset_at(tmp_path).load().archive().name == "bundled.zip"


def test_what_was_noted_comes_back(tmp_path):
    dataset_at(tmp_path).save(Submission())

    saved = dataset_at(tmp_path).load()

    assert saved.facts() == {"steps": 7}
    assert saved.archive() is None
    (saved.path / "facts.json").write_text("{")
    with pytest.raises(DatasetError, match=r"facts\.json is damaged"):
        saved.facts()
    (saved.path / "facts.json").unlink()
    assert saved.facts() == {}


def test_a_versioned_submission_lies_in_the_folder_of_its_version(tmp_path):
    dataset = dataset_at(tmp_path, Version(None, "2026-01-02T03.04.05.678Z"))
    assert not dataset.exists()

    dataset.save(Submission())

    assert dataset.exists()
    expected = tmp_path / "dnd_submission/2026-01-02T03.04.05.678Z/dnd_submission"
    assert dataset.load().folder == expected / "bundled"


def test_a_submission_is_never_overwritten(tmp_path):
    dataset_at(tmp_path).save(Submission())

    with pytest.raises(DatasetError, match="exists: a submission is never overwritten"):
        dataset_at(tmp_path).save(Submission())


def with_nan(crop):
    return np.where(crop > 0.5, np.nan, crop).astype(np.float32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda crop: crop, r"0001\.mat, box 1: .* is the noisy input"),
        (with_nan, "values of the denoised crop are NaN or infinite"),
        (lambda crop: crop - 0.5, "denoised crop ranges over"),
        (lambda crop: crop * 255, "check that it is not in 0..255"),
        (lambda crop: crop.astype(np.float64) / 2, "denoised crop of float64"),
        (lambda crop: crop[None] / 2, "Was a batch axis left on"),
        (lambda crop: crop[:4] / 2, r"expected \(8, 8, 3\)"),
    ],
)
@pytest.mark.parametrize("version", [None, Version(None, "2026-01-02T03.04.05.678Z")])
def test_a_crop_that_the_site_would_refuse_leaves_nothing(
    tmp_path, change, message, version
):
    with pytest.raises(DatasetError, match=message):
        dataset_at(tmp_path, version).save(Submission(change=change))

    assert left_in(tmp_path) in ([], ["dnd_submission"])


def test_a_wrong_number_of_crops_leaves_nothing(tmp_path):
    submission = Submission()
    submission.num_boxes = 20

    with pytest.raises(DatasetError, match="2 denoised and 2 noisy crops; expected 20"):
        dataset_at(tmp_path).save(submission)

    assert left_in(tmp_path) == []


def test_a_missing_image_leaves_nothing(tmp_path):
    class Short(Submission):
        def __iter__(self):
            yield from list(super().__iter__())[:2]

    with pytest.raises(DatasetError, match=r"holds 2 files; expected 3.*: 0003\.mat"):
        dataset_at(tmp_path).save(Short())

    assert left_in(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_save_leaves_nothing(tmp_path, error):
    class Interrupted(Submission):
        def __iter__(self):
            yield next(super().__iter__())
            raise error

    with pytest.raises(error):
        dataset_at(tmp_path).save(Interrupted())

    assert left_in(tmp_path) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="expected .* bundled files of a DND submi"):
        dataset_at(tmp_path).load()


def test_files_that_do_not_belong_are_named(tmp_path):
    dataset_at(tmp_path).save(Submission())
    saved = dataset_at(tmp_path).load()
    savemat(saved.folder / "1.mat", {"a": 1})

    with pytest.raises(ValueError, match=r"not expected: 1\.mat"):
        saved.check_files(3)


def test_the_wrong_key_is_named(tmp_path):
    (tmp_path / "bundled").mkdir()
    savemat(tmp_path / "bundled/0001.mat", {"denoised_crop": np.zeros(3)})

    with pytest.raises(ValueError, match="lacks Idenoised, eval_version, israw"):
        SavedDndSubmission(tmp_path).read(0, num_boxes=2)


def test_it_describes_itself(tmp_path):
    assert "dnd_submission" in str(dataset_at(tmp_path))
