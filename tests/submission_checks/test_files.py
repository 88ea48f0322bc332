import zipfile

import pytest
from kedro.io import DatasetError

from cbsn_pipeline.submission_checks import files as submission_files
from cbsn_pipeline.submission_checks.files import BundleFiles, located


def locate(path, kind):
    with located(path, kind) as (found_kind, found, _):
        return found_kind, found


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere does not exist; expected a sub"):
        locate(tmp_path / "nowhere", "auto")


def test_a_folder_must_hold_one_submission(tmp_path):
    with pytest.raises(DatasetError, match=r"holds 0 submissions \(none\)"):
        locate(tmp_path, "auto")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.csv").write_text("ID,BLOCK\n")

    assert locate(tmp_path, "auto") == ("kaggle", tmp_path / "deep" / "a.csv")

    (tmp_path / "b.csv").write_text("ID,BLOCK\n")
    with pytest.raises(DatasetError, match=r"2 submissions \(b\.csv, deep/a\.csv\)"):
        locate(tmp_path, "auto")


def test_one_file_of_dnd_is_not_the_bundle(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "0001.mat", {"Idenoised": 1.0})

    with pytest.raises(DatasetError, match="one file of DND; expected the folder"):
        locate(tmp_path / "0001.mat", "auto")


def test_a_kind_that_was_named_is_believed(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"x")

    assert locate(tmp_path / "a.bin", "legacy_array")[0] == "legacy_array"


def test_a_member_of_a_zip_never_leaves_its_temporary_folder(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    with zipfile.ZipFile(inside / "a.zip", "w") as archive:
        archive.writestr("../../0001.mat", b"climbs")

    files = BundleFiles(inside / "a.zip")

    with files.open("0001.mat") as path:
        assert path.read_bytes() == b"climbs"
    assert not path.exists()
    assert [file.name for file in tmp_path.rglob("*.mat")] == []


def test_a_damaged_zip_is_one_clear_error(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0001.mat", b"x" * 1000)
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)

    with (
        pytest.raises(DatasetError, match=r"0001\.mat is damaged: Bad CRC-32"),
        BundleFiles(path).open("0001.mat"),
    ):
        pass
    path.write_bytes(content[:500])
    with pytest.raises(DatasetError, match="cannot be unzipped"):
        BundleFiles(path)


def test_a_zipped_mat_is_read_from_a_temporary_folder(tmp_path):
    from scipy.io import savemat

    savemat(tmp_path / "SubmitSrgb.mat", {"SubmitSrgb": 1.0})
    content = (tmp_path / "SubmitSrgb.mat").read_bytes()
    path = tmp_path / "SubmitSrgb.mat.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "SubmitSrgb.mat", "../SubmitSrgb.mat")

    with located(path, "auto") as (kind, found, readable):
        assert (kind, found) == ("legacy_array", path)
        assert readable.read_bytes() == content

    assert not readable.exists()


def test_a_zipped_mat_that_unpacks_too_far_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("SubmitSrgb.mat", b"x" * 1000)
    monkeypatch.setattr(submission_files, "READ_LIMIT", 999)

    with pytest.raises(DatasetError, match="unpacks to more than 999 bytes: not read"):
        locate(path, "auto")
