import pytest

from cbsn_pipeline.training.durable import publish


def test_a_file_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    with publish(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def fail(path):
    with publish(path) as file:
        file.write(b"half")
        raise OSError(28, "No space left on device")


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    with pytest.raises(OSError, match="No space"):
        fail(path)

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
