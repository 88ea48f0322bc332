import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.datasets import PatchesDataset
from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.formats.patch_file import PatchFile


@pytest.fixture
def path(tmp_path, extraction):
    PatchesDataset(filepath=str(tmp_path / "patches.h5")).save(extraction())
    return tmp_path / "patches.h5"


@pytest.fixture
def patches(path):
    patches = PatchFile(path)
    yield patches
    patches.close()


def test_patches_are_those_of_the_images(patches, photo_folder, extraction):
    image = read_rgb(photo_folder / "a.png")

    assert len(patches) == 7
    np.testing.assert_array_equal(patches[3], image[5:13, 5:13])
    np.testing.assert_array_equal(patches[-1], read_rgb(photo_folder / "c.png"))
    np.testing.assert_array_equal(list(patches)[3], patches[3])
    assert patches.dtype == np.uint8
    assert patches.digest == extraction().manifest.digest
    assert patches.kind == "photos"


def test_provenance_says_image_and_place(patches):
    assert patches.image_names == ("a.png", "b.png", "c.png")
    assert patches.describe(3) == "a.png (row 5, column 5)"
    assert patches.describe(6) == "c.png (row 0, column 0)"


def test_an_index_beyond_the_end_is_an_index_error(patches):
    for index in (7, -8):
        with pytest.raises(IndexError, match=f"Patch {index} of 7"):
            patches[index]


def test_it_can_be_pickled_while_open_and_used_in_threads(patches):
    first = patches[0]
    copy = pickle.loads(pickle.dumps(patches))

    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda _: copy[0], range(20)))

    assert all((patch == first).all() for patch in read)
    copy.close()


def test_another_process_opens_its_own_file(patches):
    first = patches[0]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        sent = pool.apply(patches.__getitem__, (0,))

    np.testing.assert_array_equal(sent, first)


def test_it_can_be_closed_and_read_again(patches):
    first = patches[0]
    patches.close()

    np.testing.assert_array_equal(patches[0], first)


def test_the_fingerprint_is_of_the_patches_not_of_their_storage(
    patches, extraction, tmp_path
):
    def fingerprint(**changes):
        path = tmp_path / "other.h5"
        PatchesDataset(filepath=str(path)).save(extraction(**changes))
        return PatchFile(path).fingerprint

    assert fingerprint(compression="lzf") == patches.fingerprint
    assert fingerprint(stride=4) != patches.fingerprint
    assert fingerprint(patch_size=7) != patches.fingerprint


def test_a_missing_file_is_an_error_that_says_how_to_make_it(tmp_path):
    with pytest.raises(DatasetError, match="kedro run --pipelines patches"):
        PatchFile(tmp_path / "patches.h5")


def test_an_incomplete_file_is_an_error(path):
    with h5py.File(path, "r+") as file:
        del file.attrs["complete"]

    with pytest.raises(DatasetError, match="not a finished file of patches"):
        PatchFile(path)


def test_a_file_of_another_version_is_an_error(path):
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 0

    with pytest.raises(DatasetError, match="format version 0; expected 1"):
        PatchFile(path)


def test_a_truncated_or_other_file_is_an_error(path):
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DatasetError, match="is not an HDF5 file, or damaged"):
        PatchFile(path)

    path.write_bytes(b"no HDF5")
    with pytest.raises(DatasetError, match="is not an HDF5 file, or damaged"):
        PatchFile(path)
