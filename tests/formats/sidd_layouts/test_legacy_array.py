import numpy as np
import pytest
from scipy.io import loadmat, whosmat

from cbsn_pipeline.formats.mat_file import container, read_variable
from cbsn_pipeline.formats.sidd_layouts import Extras, legacy_array


@pytest.fixture
def path(tmp_path, spool, extras):
    path = tmp_path / "SubmitSrgb.mat"
    legacy_array.write(path, spool, extras)
    return path


def test_scipy_reads_the_array_as_it_was_denoised(path, denoised):
    content = loadmat(path)

    assert content["SubmitSrgb"].dtype == np.uint8
    np.testing.assert_array_equal(content["SubmitSrgb"], denoised)


def test_so_does_our_own_reader_of_both_containers(path, denoised):
    assert container(path) == "v5"
    np.testing.assert_array_equal(read_variable(path, "SubmitSrgb"), denoised)


def test_time_and_optional_data_lie_beside(path):
    content = loadmat(path)

    assert whosmat(path) == [
        ("SubmitSrgb", (2, 3, 256, 256, 3), "uint8"),
        ("TimeMPSrgb", (1, 1), "double"),
        ("OptionalData", (1, 1), "struct"),
    ]
    assert content["TimeMPSrgb"].tolist() == [[1.25]]
    optional = content["OptionalData"][0, 0]
    assert optional.dtype.names == (
        *("MethodName", "Authors", "PaperTitle", "Venue", "MachineSpecs"),
    )
    assert optional["MethodName"].tolist() == ["C-BSN"]
    assert optional["Authors"].tolist() == ["Zoë"]
    assert optional["Venue"].size == 0


@pytest.mark.parametrize("columns", [1, 100, 256])
def test_the_size_of_the_pieces_does_not_matter(
    tmp_path, path, spool, extras, monkeypatch, columns
):
    monkeypatch.setattr(legacy_array, "COLUMNS", columns)
    legacy_array.write(tmp_path / "other.mat", spool, extras)

    same = (tmp_path / "other.mat").read_bytes()[128:] == path.read_bytes()[128:]
    assert same


def test_what_was_written_passes(path, spool, extras):
    legacy_array.check(path, spool, extras)


def test_one_other_value_is_noticed(path, other_spool, extras):
    with pytest.raises(ValueError, match="pixels are read with other values than were"):
        legacy_array.check(path, other_spool, extras)


def test_another_time_is_noticed(path, spool):
    with pytest.raises(ValueError, match="TimeMPSrgb is not read as written"):
        legacy_array.check(path, spool, Extras(1.0, {}))


def test_a_missing_variable_is_noticed(path, spool, extras):
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"TimeMPSrgb") - 48])

    with pytest.raises(ValueError, match=r"is read as .*; expected .*TimeMPSrgb"):
        legacy_array.check(path, spool, extras)
