from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.datasets import SubmissionDataset
from cbsn_pipeline.datasets.submission_dataset import read_noisy_blocks


def dataset(path, noisy=None):
    return SubmissionDataset(
        filepath=path, noisy=noisy, sidd_noisy="a/b.mat", dnd_noisy="c"
    )


def test_paths_are_handed_on():
    paths = dataset("x.csv", noisy="n.mat").load()

    assert (paths.path, paths.noisy) == (Path("x.csv"), Path("n.mat"))
    assert (paths.sidd_noisy, paths.dnd_noisy) == (Path("a/b.mat"), Path("c"))
    assert dataset("x.csv").load().noisy is None


def test_without_a_path_the_command_is_shown():
    with pytest.raises(DatasetError, match=r"--params path=/my/file\.csv"):
        dataset(None).load()


def test_a_submission_is_never_written():
    with pytest.raises(DatasetError, match=r"x\.csv is checked, never written"):
        dataset("x.csv").save("x")


def test_noisy_blocks_are_found_whatever_they_are_called(tmp_path):
    blocks = np.zeros((2, 3, 256, 256, 3), np.uint8)
    savemat(tmp_path / "mine.mat", {"version": 1.0, "Noisy": blocks})

    assert read_noisy_blocks(tmp_path / "mine.mat").shape == blocks.shape
