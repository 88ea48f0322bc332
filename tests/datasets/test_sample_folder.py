"""A folder has its name only when it is complete."""

from pathlib import Path

import pytest

from cbsn_pipeline.datasets.sample_folder import write_folder_beside


def write_and_fail(final: Path, error: type[BaseException]) -> None:
    with write_folder_beside(final) as partial:
        (partial / "new.txt").touch()
        raise error


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_new_folder_replaces_the_old_one(tmp_path):
    final = tmp_path / "deep" / "sample"
    final.mkdir(parents=True)
    (final / "old.txt").touch()

    with write_folder_beside(final) as partial:
        (partial / "new.txt").touch()
        assert names(final) == {"old.txt"}

    assert names(final) == {"new.txt"}
    assert names(final.parent) == {"sample"}  # nothing is left beside it


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_write_keeps_the_old_folder(tmp_path, error):
    final = tmp_path / "sample"
    final.mkdir()
    (final / "old.txt").touch()

    with pytest.raises(error):
        write_and_fail(final, error)

    assert names(final) == {"old.txt"}
    assert names(tmp_path) == {"sample"}


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "sample", RuntimeError)

    assert not names(tmp_path)


def test_a_rename_that_fails_brings_the_old_folder_back(tmp_path, monkeypatch):
    final = tmp_path / "sample"
    final.mkdir()
    (final / "old.txt").touch()
    rename = Path.rename

    def refuse_the_new_one(self, target):
        if self.name == "new":
            raise OSError("no space left")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_the_new_one)

    with (
        pytest.raises(OSError, match="no space left"),
        write_folder_beside(final) as partial,
    ):
        (partial / "new.txt").touch()

    assert names(final) == {"old.txt"}
