import pytest
from kedro.io import DatasetError

from cbsn_pipeline.formats.new_folder import write_new_folder


def left_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def write(path, error=None):
    with write_new_folder(path, what="submission") as partial:
        (partial / "file").write_text("complete")
        assert not path.exists()
        if error:
            raise error


def test_it_has_its_name_once_it_is_complete(tmp_path):
    write(tmp_path / "version" / "folder")

    assert left_in(tmp_path) == ["version", "version/folder", "version/folder/file"]
    assert (tmp_path / "version" / "folder").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), OSError("full")])
def test_what_failed_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)):
        write(tmp_path / "version" / "folder", error)

    assert left_in(tmp_path) == []


def test_what_is_wrong_with_the_data_becomes_an_error_of_the_dataset(tmp_path):
    with pytest.raises(DatasetError, match="The submission was not written: too dark"):
        write(tmp_path / "folder", ValueError("too dark"))


def test_nothing_is_overwritten(tmp_path):
    write(tmp_path / "folder")

    with pytest.raises(DatasetError, match="exists: a submission is never overwritten"):
        write(tmp_path / "folder")
    assert left_in(tmp_path) == ["folder", "folder/file"]
