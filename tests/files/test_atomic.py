import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cbsn_pipeline.files.atomic import write_file, write_folder


@pytest.fixture(scope="module")
def dead():
    """The number of a process that is gone."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_file_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "a.json"
    path.parent.mkdir()
    path.write_text("old")

    with write_file(path) as partial:
        assert (partial.parent, partial.suffix) == (path.parent, ".json")
        partial.write_text("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"
    assert names(path.parent) == {"a.json"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left")])
def test_a_failed_write_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail():
        with write_file(path) as partial:
            partial.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()

    assert path.read_text() == "old"
    assert names(tmp_path) == {"a.json"}


def test_a_file_is_as_readable_as_any_other(tmp_path):
    with write_file(tmp_path / "a") as partial:
        partial.write_text("x")
    (tmp_path / "b").write_text("x")

    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    order = []
    replace = Path.replace
    monkeypatch.setattr("os.fsync", lambda handle: order.append("sync"))
    monkeypatch.setattr(
        Path, "replace", lambda self, to: (order.append("name"), replace(self, to))
    )

    with write_file(tmp_path / "a") as partial:
        partial.write_text("x")

    assert order == ["sync", "name", "sync"]  # the file, then the name in its folder


def test_a_long_name_is_written(tmp_path):
    path = tmp_path / ("x" * 240 + ".json")
    with write_file(path) as partial:
        partial.write_text("x")

    assert names(tmp_path) == {path.name}


def test_the_next_write_removes_what_a_killed_process_left(tmp_path, dead):
    host = socket.gethostname()
    gone = tmp_path / f".patches-{host}-{dead}-abc.h5"
    living = tmp_path / f".patches-{host}-{os.getppid()}-abc.h5"
    elsewhere = tmp_path / f".patches-other-{dead}-abc.h5"
    another = tmp_path / f".manifest-{host}-{dead}-abc.h5"
    for file in (gone, living, elsewhere, another):
        file.write_bytes(b"half")

    with write_file(tmp_path / "patches.h5") as partial:
        partial.write_bytes(b"whole")

    left = {"patches.h5", living.name, elsewhere.name, another.name}
    assert names(tmp_path) == left


def write_and_fail(final, error):
    with write_folder(final) as partial:
        (partial / "new.txt").touch()
        raise error


def test_the_new_folder_replaces_the_old_one(tmp_path):
    final = tmp_path / "deep" / "sample"
    final.mkdir(parents=True)
    (final / "old.txt").touch()

    with write_folder(final) as partial:
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
        write_folder(final) as partial,
    ):
        (partial / "new.txt").touch()

    assert names(final) == {"old.txt"}


def test_a_kill_between_the_renames_loses_nothing(tmp_path, dead):
    final = tmp_path / "sample"
    workspace = tmp_path / f".sample-{socket.gethostname()}-{dead}-abc"
    (workspace / "old").mkdir(parents=True)
    (workspace / "old" / "old.txt").touch()

    with pytest.raises(RuntimeError):
        write_and_fail(final, RuntimeError)

    assert names(final) == {"old.txt"}
    assert names(tmp_path) == {"sample"}


def test_what_another_folder_lost_is_left_to_it(tmp_path, dead):
    other = tmp_path / f".a-b-{socket.gethostname()}-{dead}-abc"
    (other / "old").mkdir(parents=True)

    with write_folder(tmp_path / "a") as partial:
        (partial / "new.txt").touch()

    assert names(tmp_path / "a") == {"new.txt"}
    assert (other / "old").exists()


def test_a_folder_that_appears_meanwhile_is_kept_where_nothing_is_replaced(tmp_path):
    final = tmp_path / "sample"

    def write():
        with write_folder(final, replace=False):
            final.mkdir()
            (final / "theirs.txt").touch()

    with pytest.raises(FileExistsError, match="appeared while it was being written"):
        write()

    assert names(final) == {"theirs.txt"}
    assert names(tmp_path) == {"sample"}
