"""What we write is laid out as MATLAB laid out the real info.mat."""

import h5py
import numpy as np
import pytest

from cbsn_pipeline.formats.matlab_hdf5 import (
    REFERENCES,
    USER_BLOCK,
    put,
    put_canonical_empty,
    put_cell,
    write_header,
)


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "ours.mat", "w", userblock_size=USER_BLOCK) as file:
        yield file


def attributes(item):
    """Attributes with type and shape, the location (H5PATH) apart."""
    return {
        name: (value, item.attrs.get_id(name).dtype, item.attrs.get_id(name).shape)
        for name, value in item.attrs.items()
        if name != "H5PATH"
    }


@pytest.mark.parametrize(
    ("value", "kind", "shape"),
    [
        (1.5, b"double", (1, 1)),
        (np.zeros((2, 3, 4), np.uint8), b"uint8", (4, 3, 2)),
        (np.zeros((2, 3), np.float32), b"single", (3, 2)),
        (np.zeros((2, 3), np.int64), b"double", (3, 2)),
    ],
)
def test_arrays_have_their_class_and_their_axes_reversed(file, value, kind, shape):
    dataset = put(file, "value", value)

    assert dataset.attrs["MATLAB_class"] == kind
    assert dataset.shape == shape


def test_text_is_a_row_of_utf_16(file):
    dataset = put(file, "text", "Zoë")

    assert dataset.attrs["MATLAB_class"] == b"char"
    assert dataset.attrs["MATLAB_int_decode"] == 2
    assert dataset[()].tolist() == [[ord("Z")], [ord("o")], [ord("ë")]]


def test_empty_text_stores_its_size(file):
    dataset = put(file, "text", "")

    assert dataset.attrs["MATLAB_class"] == b"char"
    assert dataset.attrs["MATLAB_empty"] == 1
    assert dataset[()].tolist() == [0, 0]


def test_a_struct_keeps_the_order_of_its_fields(file):
    group = put(file, "struct", {"b": 1.0, "a": "x"})

    fields = [b"".join(name).decode() for name in group.attrs["MATLAB_fields"]]
    assert fields == ["b", "a"]
    assert group["a"].attrs["MATLAB_class"] == b"char"


def test_a_cell_refers_to_its_contents(file):
    group = file.create_group(REFERENCES)
    references = np.empty((1, 2), dtype=h5py.ref_dtype)
    for index in range(2):
        references[0, index] = put(group, f"item_{index}", float(index)).ref

    put_cell(file, "cell", references)

    assert file["cell"].shape == (2, 1)
    assert file[file["cell"][1, 0]][()].item() == 1.0


def test_the_header_is_matlabs(tmp_path):
    path = tmp_path / "empty.mat"
    h5py.File(path, "w", userblock_size=USER_BLOCK).close()

    write_header(path, b"MATLAB 7.3 MAT-file, a test")

    start = path.read_bytes()[:USER_BLOCK]
    assert start.startswith(b"MATLAB 7.3 MAT-file, a test   ")
    assert start[124:128] == b"\x00\x02IM"
    h5py.File(path).close()


def test_it_is_as_in_a_file_that_matlab_wrote(file, shared):
    references = file.create_group(REFERENCES)
    put_canonical_empty(references)
    cell = np.empty((1, 1), dtype=h5py.ref_dtype)
    cell[0, 0] = references["a"].ref
    put_cell(file, "cell", cell)
    put(file, "text", "RGGB")
    put(file, "number", 1.0)
    group = put(file, "struct", {"type": "x"})

    with h5py.File(shared / "data/dnd/info.mat") as real:
        camera = real[real["info/camera"][0, 0]]
        assert attributes(references["a"]) == attributes(real[REFERENCES]["a"])
        assert references["a"][()].tolist() == real[REFERENCES]["a"][()].tolist()
        assert attributes(file["cell"]) == attributes(camera["debayerMatrices"])
        assert attributes(file["text"]) == attributes(camera["bayertype"])
        assert file["text"].shape == camera["bayertype"].shape == (4, 1)
        assert attributes(file["number"]) == attributes(camera["angle"])
        assert group.attrs["MATLAB_class"] == camera.attrs["MATLAB_class"]
        ours, theirs = (g.attrs["MATLAB_fields"] for g in (group, camera))
        assert ours[0].tolist() == theirs[0].tolist() == [b"t", b"y", b"p", b"e"]
        types = [g.attrs.get_id("MATLAB_fields").dtype for g in (group, camera)]
        assert types[0] == types[1]
