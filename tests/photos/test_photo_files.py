import logging

import pytest
from kedro.io import DatasetError

from cbsn_pipeline.photos.files import find_photo_files


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def found(path):
    photos, root = find_photo_files(path)
    return [photo.relative_to(root).as_posix() for photo in photos]


@pytest.mark.parametrize(
    "passed_over",
    [
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
        ".hidden/a.jpg",
        "deep/.thumbnails/a.jpg",
        "__MACOSX/._a.jpg",
        "._a.jpg",
        "$RECYCLE.BIN/a.jpg",
    ],
)
def test_caches_and_what_is_hidden_are_passed_over(tmp_path, passed_over):
    assert found(touch(tmp_path, "a.jpg", passed_over)) == ["a.jpg"]
    assert found(tmp_path / "**" / "*.jpg") == ["a.jpg"]


def test_a_hidden_folder_that_is_named_is_meant(tmp_path):
    assert found(touch(tmp_path / ".mine", "a.jpg")) == ["a.jpg"]


def test_many_formats_are_photographs_and_the_others_are_counted(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    touch(tmp_path, "a.jpe", "b.jfif", "c.webp", "d.AVIF", "e.bmp", "f.HEIC", "g.nef")
    touch(tmp_path, "h.psd", "i.psd", "j.mov", "README")

    assert len(found(tmp_path)) == 7
    assert "passed over, not photographs" in caplog.text
    assert "2 .psd" in caplog.text
    assert "1 .mov" in caplog.text


def test_no_photograph_is_an_error_that_counts_what_is_there(tmp_path):
    with pytest.raises(DatasetError, match=r"matches no photograph.* It has 2 \.psd"):
        find_photo_files(touch(tmp_path, "a.psd", "b.psd"))
