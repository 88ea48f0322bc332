"""The sample's SIDD-Medium is read back by the reader of the real one."""

import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import NoisyImagesDataset, SampleSiddMediumDataset
from cbsn_pipeline.datasets.sample_sidd_medium_dataset import ImagePair
from cbsn_pipeline.formats.images import read_rgb

NAME = "0003_002_GP_00800_00800_5500_L"


@pytest.fixture
def pairs(noise):
    return [
        ImagePair(NAME, frame, noise(9, 7, 3, seed=i), noise(9, 7, 3, seed=i + 9))
        for i, frame in enumerate(("010", "011"))
    ]


def test_files_are_named_as_in_sidd_and_hold_the_pixels(tmp_path, pairs):
    dataset = SampleSiddMediumDataset(filepath=str(tmp_path / "medium"))
    assert not dataset.exists()

    dataset.save(pairs)

    assert dataset.exists()
    folder = tmp_path / "medium" / "Data" / NAME
    assert sorted(path.name for path in folder.iterdir()) == [
        "0003_GT_SRGB_010.PNG",
        "0003_GT_SRGB_011.PNG",
        "0003_NOISY_SRGB_010.PNG",
        "0003_NOISY_SRGB_011.PNG",
    ]
    clean = read_rgb(folder / "0003_GT_SRGB_011.PNG")
    assert np.array_equal(clean, pairs[1].clean)


def test_the_reader_of_sidd_medium_finds_the_noisy_images(tmp_path, pairs):
    path = str(tmp_path / "medium")
    SampleSiddMediumDataset(filepath=path).save(pairs)

    images = NoisyImagesDataset(kind="sidd_medium", filepath=path).load()

    assert len(images) == 2
    assert {image.scene_instance for image in images} == {NAME}


def test_same_pairs_same_bytes(tmp_path, pairs):
    for name in ("one", "two"):
        SampleSiddMediumDataset(filepath=str(tmp_path / name)).save(pairs)

    for path in (tmp_path / "one").rglob("*.PNG"):
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes()


def test_a_name_that_is_not_sidds_leaves_the_old_folder(tmp_path, pairs):
    dataset = SampleSiddMediumDataset(filepath=str(tmp_path / "medium"))
    dataset.save(pairs)
    wrong = ImagePair("scene 1", "010", pairs[0].noisy, pairs[0].clean)

    with pytest.raises(DatasetError, match="'scene 1' is not a SIDD scene instance"):
        dataset.save([wrong])

    assert (tmp_path / "medium" / "Data" / NAME).is_dir()


def test_it_does_not_load_and_says_what_does(tmp_path):
    dataset = SampleSiddMediumDataset(filepath=str(tmp_path / "medium"))

    with pytest.raises(DatasetError, match="only written here. .* sidd_medium"):
        dataset.load()
    assert "medium" in str(dataset)
