import h5py
import numpy as np
import pytest

from cbsn_pipeline.formats.mat_file import container
from cbsn_pipeline.formats.sidd_layouts import Extras, legacy_cell


@pytest.fixture
def path(tmp_path, spool, extras):
    path = tmp_path / "SubmitSrgb.mat"
    legacy_cell.write(path, spool, extras)
    return path


def as_text(dataset):
    return "".join(chr(code) for code in dataset[()].T.ravel())


def test_the_cell_holds_one_block_per_image_and_number(path, denoised):
    with h5py.File(path) as file:
        cell = file["DenoisedBlocksSrgb"]
        assert cell.attrs["MATLAB_class"] == b"cell"
        assert cell.shape == (3, 2)  # axes reversed: MATLAB sees (2, 3)
        for image, number in np.ndindex(2, 3):
            block = file[cell[number, image]]
            assert block.attrs["MATLAB_class"] == b"uint8"
            assert block.attrs["H5PATH"].decode() == block.name
            np.testing.assert_array_equal(block[()].T, denoised[image, number])


def test_blocks_are_named_in_the_order_in_which_matlab_counts_cells(path, denoised):
    with h5py.File(path) as file:
        second = file["#refs#/block_0001"][()].T

    np.testing.assert_array_equal(second, denoised[1, 0])  # down the first column


def test_time_and_optional_data_lie_beside(path):
    with h5py.File(path) as file:
        time, optional = file["TimeMPSrgb"], file["OptionalData"]
        assert (time[()].tolist(), time.attrs["MATLAB_class"]) == ([[1.25]], b"double")
        fields = [b"".join(n).decode() for n in optional.attrs["MATLAB_fields"]]
        assert fields == [
            *("MethodName", "Authors", "PaperTitle", "Venue", "MachineSpecs"),
        ]
        assert as_text(optional["MethodName"]) == "C-BSN"
        assert as_text(optional["Authors"]) == "Zoë"
        assert optional["Venue"].attrs["MATLAB_empty"] == 1


def test_matlab_knows_it_by_its_header(path):
    assert container(path) == "v7.3"
    assert path.read_bytes().startswith(b"MATLAB 7.3 MAT-file")


def test_what_was_written_passes(path, spool, extras):
    legacy_cell.check(path, spool, extras)


def test_one_other_value_is_noticed(path, other_spool, extras):
    with pytest.raises(ValueError, match="block 2 of image 1 is read with other"):
        legacy_cell.check(path, other_spool, extras)


def test_another_time_is_noticed(path, spool):
    with pytest.raises(ValueError, match="TimeMPSrgb is not read as written"):
        legacy_cell.check(path, spool, Extras(1.0, {}))


def test_a_transposed_cell_is_noticed(path, spool, extras):
    with h5py.File(path, "r+") as file:
        cell = file["DenoisedBlocksSrgb"][()]
        del file["DenoisedBlocksSrgb"]
        file["DenoisedBlocksSrgb"] = cell.T

    with pytest.raises(ValueError, match=r"is read with shape \(3, 2\)"):
        legacy_cell.check(path, spool, extras)
