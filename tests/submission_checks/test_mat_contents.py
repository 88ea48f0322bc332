import h5py
import numpy as np
import pytest
from kedro.io import DatasetError
from scipy.io import savemat

from cbsn_pipeline.submission_checks.mat_contents import (
    MatCell,
    MatContents,
)


def matlab_file(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return MatContents(path)


def test_v5_variables_are_listed_and_read(tmp_path):
    cell = np.empty((1, 2), dtype=object)
    cell[0, 0], cell[0, 1] = np.arange(6.0).reshape(2, 3), "text"
    content = {
        "numbers": np.arange(6, dtype=np.uint8).reshape(2, 3),
        "flag": np.array([[False]]),
        "text": "1.0",
        "cell": cell,
        "struct": {"MethodName": "Blur", "Year": 2026.0},
    }
    savemat(tmp_path / "a.mat", content, do_compression=True)

    found = MatContents(tmp_path / "a.mat")

    assert found.container == "v5"
    kinds = {name: (v.kind, v.shape) for name, v in found.variables.items()}
    assert kinds["numbers"] == ("uint8", (2, 3))
    assert kinds["cell"] == ("cell", (1, 2))
    assert found.read("numbers").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found.read("flag").tolist() == [[0]]
    assert found.read("text") == "1.0"
    read = found.read("cell")
    assert isinstance(read, MatCell)
    assert read.read((0, 0)).shape == (2, 3)
    assert read.read((0, 1)) == "text"
    assert found.read("struct")["MethodName"] == "Blur"
    assert found.read("struct")["Year"].tolist() == [[2026]]


def test_v73_axes_are_those_of_matlab(tmp_path):
    def fill(file):
        file["numbers"] = np.arange(6, dtype=np.uint8).reshape(3, 2)
        file["float"] = np.ones((1, 1), np.float32)
        group = file.create_group("struct")
        group["name"] = np.array([[66], [108]], np.uint16)
        group["name"].attrs["MATLAB_class"] = np.bytes_("char")

    found = matlab_file(tmp_path / "a.mat", fill)

    assert found.container == "v7.3"
    assert found.variables["numbers"].shape == (2, 3)
    assert found.variables["float"].kind == "single"
    assert found.read("numbers").tolist() == [[0, 2, 4], [1, 3, 5]]
    assert found.read("struct") == {"name": "Bl"}


def test_a_v73_cell_is_read_item_by_item(tmp_path):
    def fill(file):
        file["#refs#/a"] = np.zeros((3, 4, 5), np.uint8)
        references = np.empty((2, 1), dtype=h5py.ref_dtype)
        references[:] = file["#refs#/a"].ref
        file["cell"] = references

    found = matlab_file(tmp_path / "a.mat", fill)

    assert (found.variables["cell"].kind, found.variables["cell"].shape) == (
        "cell",
        (1, 2),
    )
    assert found.read("cell").read((0, 1)).shape == (5, 4, 3)


def test_nothing_outside_of_the_file_is_followed(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.ones(3)

    def linked(file):
        file["x"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")

    def stored(file):
        external = [(str(tmp_path / "secret.bin"), 0, 16)]
        file.create_dataset("x", (16,), np.uint8, external=external)

    def virtual(file):
        layout = h5py.VirtualLayout((3,), np.float64)
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (3,))
        file.create_virtual_dataset("x", layout)

    for number, fill in enumerate((linked, stored, virtual)):
        with pytest.raises(DatasetError, match=r"not followed|not read"):
            matlab_file(tmp_path / f"{number}.mat", fill)


def test_a_huge_variable_is_not_read(tmp_path):
    def fill(file):
        file.create_dataset("x", (1 << 20, 1 << 20), np.uint8, chunks=(1, 1 << 20))

    found = matlab_file(tmp_path / "a.mat", fill)

    with pytest.raises(DatasetError, match=r"uint8 of shape \(1048576, 1048576\)"):
        found.read("x")


@pytest.mark.parametrize("kept", [130, 200, 1000])
def test_a_truncated_file_is_one_clear_error(tmp_path, kept):
    path = tmp_path / "a.mat"
    rng = np.random.default_rng(0)
    savemat(path, {"x": rng.random((20, 20))}, do_compression=True)
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(DatasetError, match="truncated or damaged"):
        MatContents(path)


def test_a_flipped_bit_is_one_clear_error(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"x": np.ones((50, 50))}, do_compression=True)
    content = bytearray(path.read_bytes())
    content[150] ^= 0x10
    path.write_bytes(content)

    with pytest.raises(DatasetError, match="damaged"):
        MatContents(path).read("x")
