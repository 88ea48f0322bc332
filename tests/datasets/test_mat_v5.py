import struct
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat, whosmat

from cbsn_pipeline.datasets.mat_v5 import list_v5, read_v5

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?"]
SHAPES = [(1, 1), (2, 0), (5,), (2, 3, 4, 5, 3), (1, 4)]


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", TYPES)
def test_arrays_are_those_that_scipy_reads(tmp_path, dtype, compressed):
    path = tmp_path / "a.mat"
    for seed, shape in enumerate(SHAPES):
        array = np.random.default_rng(seed).random(shape) * 200
        content = {"B": {"x": 1}, "A": array.astype(dtype), "C": np.eye(2)}
        savemat(path, content, do_compression=compressed)

        variables = {variable.name: variable for variable in list_v5(path)}
        read = read_v5(path, variables["A"])

        expected = loadmat(path)["A"]
        assert (read.dtype, read.shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(read, expected)
        assert [(v.name, v.shape, v.kind) for v in variables.values()] == whosmat(path)


def big_endian(tmp_path, *, compressed):
    """A 2 x 3 array of int16 as a SPARC wrote it, worked out by hand."""
    fields = struct.pack(">IIII", 6, 8, 10, 0)  # flags: class int16
    fields += struct.pack(">IIii", 5, 8, 2, 3)  # shape
    fields += struct.pack(">HH4s", 1, 1, b"A")  # name, in the tag
    fields += struct.pack(">II6h4x", 3, 12, 1, -2, 3, 4, 5, 600)
    matrix = struct.pack(">II", 14, len(fields)) + fields
    if compressed:
        packed = zlib.compress(matrix)
        matrix = struct.pack(">II", 15, len(packed)) + packed
    path = tmp_path / "a.mat"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + matrix)
    return path


@pytest.mark.parametrize("compressed", [True, False])
def test_the_other_byte_order_is_read(tmp_path, compressed):
    path = big_endian(tmp_path, compressed=compressed)
    (variable,) = list_v5(path)

    array = read_v5(path, variable)

    assert array.tolist() == [[1, 3, 5], [-2, 4, 600]]  # stored by columns
    assert array.dtype == np.int16
    assert array.dtype.isnative


def test_compressed_bytes_that_end_too_early_or_too_late_are_errors(tmp_path):
    path = big_endian(tmp_path, compressed=True)
    content = path.read_bytes()
    matrix = zlib.decompress(content[136:])
    for changed, message in (
        (matrix + bytes(100), "do not end where the array does"),
        (matrix[:-12], "compressed bytes end too early"),
    ):
        packed = zlib.compress(changed)
        tag = struct.pack(">II", 15, len(packed))
        path.write_bytes(content[:128] + tag + packed)
        (variable,) = list_v5(path)

        with pytest.raises(ValueError, match=message):
            read_v5(path, variable)


def test_numbers_wider_than_their_class_are_an_error(tmp_path):
    path = big_endian(tmp_path, compressed=False)
    content = bytearray(path.read_bytes())
    flags = content.index(struct.pack(">I", 10))
    content[flags : flags + 4] = struct.pack(">I", 8)  # int8
    path.write_bytes(content)
    (variable,) = list_v5(path)

    with pytest.raises(ValueError, match="its int8 numbers are stored as >i2"):
        read_v5(path, variable)


def test_a_file_of_endless_elements_is_an_error(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(
        b"MATLAB 5.0".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 14, 0) * 20_000
    )

    with pytest.raises(ValueError, match="more than 10,000 elements"):
        list_v5(path)
