import h5py
import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.formats.mat_file import (
    container,
    find_variable,
    list_variables,
    read_variable,
)


@pytest.fixture
def blocks(noise):
    return noise(2, 3, 7, 5, 3)


@pytest.fixture
def v5(tmp_path, blocks):
    path = tmp_path / "v5.mat"
    savemat(path, {"A": blocks, "B": np.eye(2)}, do_compression=True)
    return path


@pytest.fixture
def v73(tmp_path, blocks, write_mat73):
    return write_mat73(tmp_path / "v73.mat", A=blocks, B=np.eye(2))


def test_the_container_is_told_from_the_bytes_not_the_name(tmp_path, v5, v73):
    bare_hdf5 = tmp_path / "bare.mat"
    bare_hdf5.write_bytes(v73.read_bytes()[512:])

    assert [container(path) for path in (v5, v73, bare_hdf5)] == ["v5", "v7.3", "v7.3"]


@pytest.mark.parametrize("name", ["v5", "v73"])
def test_both_containers_give_the_same_array_in_the_same_order(name, request, blocks):
    path = request.getfixturevalue(name)

    array = read_variable(path, "A")

    np.testing.assert_array_equal(array, blocks)
    assert array.dtype == np.uint8
    assert array.flags.c_contiguous
    assert list_variables(path)["A"] == ((2, 3, 7, 5, 3), "uint8")
    assert read_variable(path, "B", dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("name", ["v5", "v73"])
def test_an_absent_variable_is_an_error_that_lists_what_is_there(name, request):
    path = request.getfixturevalue(name)

    with pytest.raises(DatasetError, match=r"no variable 'C' or 'D'; it has A \(2, 3"):
        find_variable(path, "C", "D")
    with pytest.raises(DatasetError, match="no variable 'C'"):
        read_variable(path, "C")


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("part", [0.3, 0.95])
def test_a_truncated_v5_file_is_an_error(tmp_path, blocks, compressed, part):
    path = tmp_path / "a.mat"
    savemat(path, {"A": blocks}, do_compression=compressed)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])

    with pytest.raises(DatasetError, match="MATLAB v5 file that is truncated"):
        read_variable(path, "A")


def test_a_damaged_v5_file_of_the_right_length_is_an_error(v5):
    content = bytearray(v5.read_bytes())
    content[300:340] = bytes(40)
    v5.write_bytes(content)

    with pytest.raises(DatasetError, match="v5 file that is truncated or damaged"):
        read_variable(v5, "A")


def test_damage_far_behind_the_header_of_a_v5_file_is_an_error(tmp_path, noise):
    path = tmp_path / "a.mat"
    savemat(path, {"A": noise(2**19)}, do_compression=True)
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)

    assert list_variables(path)  # the header is whole
    with pytest.raises(DatasetError, match="v5 file that is truncated or damaged"):
        read_variable(path, "A")


def test_a_damaged_chunk_of_a_v73_file_is_an_error(tmp_path, noise):
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("A", data=noise(4096) // 16, compression="gzip")
        where = file["A"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[where + 100] ^= 255
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=r"v7\.3 file that is truncated or damaged"):
        read_variable(path, "A")


@pytest.mark.parametrize("size", [200, 512, 520, 3000])
def test_a_truncated_v73_file_is_an_error(v73, size):
    v73.write_bytes(v73.read_bytes()[:size])

    with pytest.raises(DatasetError, match=r"MATLAB v7\.3 file that is truncated"):
        read_variable(v73, "A")


@pytest.mark.parametrize("content", [b"MATLAB 5.0", b"\x89PNG\r\n\x1a\n" + bytes(200)])
def test_another_format_is_an_error(tmp_path, content):
    path = tmp_path / "a.mat"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=r"is not a MATLAB file; expected v5.*v7\.3"):
        container(path)


def test_an_empty_or_missing_file_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="does not exist; expected a MATLAB file"):
        container(tmp_path / "a.mat")
    (tmp_path / "a.mat").touch()
    with pytest.raises(DatasetError, match="is empty"):
        container(tmp_path / "a.mat")


def test_a_struct_is_not_an_array(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"A": {"x": 1}})

    with pytest.raises(DatasetError, match="expected a numeric array"):
        read_variable(path, "A")


def test_the_real_blocks_of_sidd_are_read(shared):
    path = shared / "data" / "sidd" / "BenchmarkBlocks32.mat"

    boxes = read_variable(path, "BenchmarkBlocks32")

    assert container(path) == "v5"
    assert boxes.dtype == np.uint16
    assert boxes.shape == (32, 4)
    assert (boxes[:, 2:] == 256).all()
    assert boxes[0].tolist() == [1601, 2413, 256, 256]


def test_the_real_metadata_of_sidd_raw_is_recognised(shared):
    path = shared / "data" / "sidd" / "SIDD_0093_METADATA_RAW_010.MAT"

    assert list_variables(path) == {"metadata": ((1, 1), "struct")}
