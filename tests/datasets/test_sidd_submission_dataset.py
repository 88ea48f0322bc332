import json
import zipfile

import numpy as np
import pytest
from kedro.io import DatasetError, Version
from scipy.io import loadmat

from cbsn_pipeline.datasets import SiddSubmissionDataset
from cbsn_pipeline.datasets.sidd_submission_dataset import (
    FACTS_FILE,
    DenoisedBlocks,
    SavedSiddSubmission,
)
from cbsn_pipeline.formats.sidd_layouts import kaggle_csv
from cbsn_pipeline.imaging.pixels import pixel_sha256


class Submission:
    """Two images with two blocks each, denoised by halving."""

    num_images, num_blocks = 2, 2

    def __init__(self, layouts=("kaggle",), *, pack=False, change=lambda b: b // 2):
        self.layouts, self.zip, self.change = layouts, pack, change
        rng = np.random.default_rng(0)
        self.noisy = rng.integers(0, 256, (2, 2, 256, 256, 3), dtype=np.uint8)

    def __iter__(self):
        for image, noisy in enumerate(self.noisy):
            yield DenoisedBlocks(image, noisy, self.change(noisy))

    def seconds_per_megapixel(self):
        return 0.5

    def optional_data(self):
        return {"MethodName": "halving"}

    def facts(self):
        return {"mean_absolute_change": 64.0}


def dataset_at(folder, version=None):
    return SiddSubmissionDataset(
        filepath=(folder / "sidd_submission").as_posix(), version=version
    )


def left_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_every_layout_holds_what_was_denoised_and_nothing_else_is_left(tmp_path):
    submission = Submission(("kaggle", "legacy_cell", "legacy_array"))
    dataset_at(tmp_path).save(submission)

    folder = tmp_path / "sidd_submission"
    assert sorted(p.name for p in folder.iterdir()) == [
        *("facts.json", "kaggle", "legacy_array", "legacy_cell"),
    ]
    rows = dict(kaggle_csv.read(folder / "kaggle/partial_set_not_for_upload.csv"))
    np.testing.assert_array_equal(rows[3], submission.noisy[1, 1] // 2)
    array = loadmat(folder / "legacy_array/SubmitSrgb.mat")
    np.testing.assert_array_equal(array["SubmitSrgb"], submission.noisy // 2)
    assert array["TimeMPSrgb"].item() == 0.5


def test_only_the_layouts_asked_for_are_written(tmp_path):
    dataset_at(tmp_path).save(Submission(("legacy_array",)))

    assert list(dataset_at(tmp_path).load().describe_files()) == [
        "legacy_array/SubmitSrgb.mat"
    ]


def test_facts_and_files_are_described(tmp_path):
    submission = Submission()
    dataset_at(tmp_path).save(submission)

    saved = dataset_at(tmp_path).load()

    seconds = saved.facts.pop("seconds_writing_and_reading_back")
    assert seconds["kaggle"] > 0
    assert saved.facts == {
        "mean_absolute_change": 64.0,
        "pixel_sha256": pixel_sha256(submission.noisy // 2),
    }
    (file,) = saved.describe_files().values()
    assert file["bytes"] == 9 + 4 * 262_147
    assert len(file["sha256"]) == 64


def test_each_file_is_packed_when_asked_for(tmp_path):
    dataset_at(tmp_path).save(Submission(pack=True))

    csv = "partial_set_not_for_upload.csv"
    packed = tmp_path / f"sidd_submission/kaggle/{csv}.zip"
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == [csv]
        assert archive.read(csv) == packed.with_suffix("").read_bytes()


def test_a_versioned_submission_lies_in_the_folder_of_its_version(tmp_path):
    dataset = dataset_at(tmp_path, Version(None, "2026-01-02T03.04.05.678Z"))
    assert not dataset.exists()

    dataset.save(Submission())

    assert dataset.exists()
    expected = tmp_path / "sidd_submission/2026-01-02T03.04.05.678Z/sidd_submission"
    assert dataset.load().path == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b, r"image 0, block 0: the denoised block is the noisy input"),
        (lambda b: b / 2, r"and float64; expected \(256, 256, 3\) and uint8"),
        (lambda b: b[:, None] // 2, r"shape \(1, 256, 256, 3\) .* batch axis left on"),
        (lambda b: b[:1] // 2, "Image 0 has 1 denoised and 2 noisy blocks; expected 2"),
    ],
)
@pytest.mark.parametrize("version", [None, Version(None, "2026-01-02T03.04.05.678Z")])
def test_what_a_site_would_refuse_leaves_nothing(tmp_path, change, message, version):
    with pytest.raises(DatasetError, match=message):
        dataset_at(tmp_path, version).save(Submission(change=change))

    assert left_in(tmp_path) in ([], ["sidd_submission"])


def test_a_missing_image_leaves_nothing(tmp_path):
    submission = Submission()
    submission.num_images = 3

    with pytest.raises(DatasetError, match="2 images were denoised; expected 3"):
        dataset_at(tmp_path).save(submission)

    assert left_in(tmp_path) == []


def test_images_in_another_order_leave_nothing(tmp_path):
    class Backwards(Submission):
        def __iter__(self):
            return reversed(list(super().__iter__()))

    with pytest.raises(DatasetError, match="Image 1 came where 0 was expected"):
        dataset_at(tmp_path).save(Backwards())

    assert left_in(tmp_path) == []


def test_a_file_that_reads_back_different_leaves_nothing(tmp_path, monkeypatch):
    encode = kaggle_csv.encode_block
    monkeypatch.setattr(kaggle_csv, "encode_block", lambda b: encode(b[::-1]))

    with pytest.raises(DatasetError, match="block 0 was written, block 0 is read, or"):
        dataset_at(tmp_path).save(Submission())

    assert left_in(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
def test_an_interrupted_save_leaves_nothing(tmp_path, error):
    class Interrupted(Submission):
        def __iter__(self):
            yield next(super().__iter__())
            raise error

    with pytest.raises((error, DatasetError)):
        dataset_at(tmp_path).save(Interrupted())

    assert left_in(tmp_path) == []


def test_a_submission_is_never_overwritten(tmp_path):
    dataset_at(tmp_path).save(Submission())

    with pytest.raises(DatasetError, match="exists: a submission is never overwritten"):
        dataset_at(tmp_path).save(Submission())


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="not exist; expected a submission to S"):
        dataset_at(tmp_path).load()


def test_damaged_facts_are_an_error(tmp_path):
    dataset_at(tmp_path).save(Submission())
    path = tmp_path / "sidd_submission"
    facts = json.loads((path / FACTS_FILE).read_text())
    (path / FACTS_FILE).write_text(json.dumps(facts)[:-5])

    with pytest.raises(DatasetError, match=r"facts\.json is damaged"):
        SavedSiddSubmission(path)


def test_it_describes_itself(tmp_path):
    assert "sidd_submission" in str(dataset_at(tmp_path))
