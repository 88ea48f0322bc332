import h5py
import numpy as np
import pytest

from cbsn_pipeline.datasets.hdf5_file import read_stored, survey_hdf5

LAYOUTS = {
    "in one piece": {},
    "pieces": {"chunks": (2, 3, 2)},
    "gzip": {"chunks": (2, 3, 2), "compression": "gzip"},
    "gzip and shuffle": {"chunks": (5, 4, 3), "compression": 9, "shuffle": True},
    "room to grow": {"chunks": (2, 2, 2), "maxshape": (None, None, None)},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f8", ">i2", "u8"])
@pytest.mark.parametrize("user_block", [0, 512])
def test_values_are_those_that_the_library_reads(tmp_path, layout, dtype, user_block):
    path = tmp_path / "a.h5"
    array = (np.random.default_rng(0).random((5, 4, 3)) * 200).astype(dtype)
    version = "latest" if user_block else "earliest"
    with h5py.File(path, "w", userblock_size=user_block, libver=version) as file:
        file.create_dataset("A", data=array, **LAYOUTS[layout])
    stored = survey_hdf5(path)["A"]

    values = read_stored(path, stored)
    halves = read_stored(path, stored, dtype=np.float32)

    np.testing.assert_array_equal(values, array)
    assert values.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(halves, array.astype(np.float32))
    assert (stored.kind, stored.size) == (values.dtype.name, 60)


def test_values_within_the_description_are_read(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        space, kind = h5py.h5s.create_simple((3,)), h5py.h5t.NATIVE_INT16
        h5py.h5d.create(file.id, b"A", kind, space, plist)
        file["A"][:] = [1, -2, 300]

    values = read_stored(path, survey_hdf5(path)["A"])

    assert values.tolist() == [1, -2, 300]


def test_empty_and_single_values_are_read(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["none"], file["one"] = np.zeros((0, 3)), 7.5
    arrays = survey_hdf5(path)

    assert read_stored(path, arrays["none"]).shape == (0, 3)
    assert read_stored(path, arrays["one"]) == 7.5


def test_values_that_were_never_written_are_an_error(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("A", (4, 4), np.float32)

    with pytest.raises(ValueError, match="its values were never written"):
        read_stored(path, survey_hdf5(path)["A"])


def test_pieces_that_are_too_short_or_in_the_wrong_place_are_errors(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("A", data=np.ones((4, 4), np.uint8), chunks=(2, 4))
    stored = survey_hdf5(path)["A"]
    (first, second) = stored.chunks

    def changed(*chunks):
        return type(stored)(**vars(stored) | {"chunks": chunks})

    short = (*first[:-2], first[-2] - 1, first[-1])
    with pytest.raises(ValueError, match="a piece of it has fewer than its 8 bytes"):
        read_stored(path, changed(short, second))
    with pytest.raises(ValueError, match="its pieces are not where they belong"):
        read_stored(path, changed(first, first))
    far = (*first[:-3], 10**15, *first[-2:])
    with pytest.raises(ValueError, match="reaches beyond the end of the file"):
        read_stored(path, changed(far, second))
