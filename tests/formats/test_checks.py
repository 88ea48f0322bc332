import hashlib

import pytest
from kedro.io import DatasetError

from cbsn_pipeline.formats.checks import (
    check_file,
    check_folder,
    file_sha256,
)


def test_a_missing_path_is_an_error_that_says_how_far_it_exists(tmp_path):
    path = tmp_path / "sidd" / "a.mat"

    with pytest.raises(DatasetError, match=f"does not exist.*as far as {tmp_path}:"):
        check_file(path, expected="blocks")
    with pytest.raises(DatasetError, match="does not exist; expected a tree"):
        check_folder(path, expected="a tree")


def test_a_folder_in_place_of_a_file_is_an_error_that_lists_it(tmp_path):
    (tmp_path / "inside.mat").write_bytes(b"x")

    with pytest.raises(DatasetError, match=r"is a folder.*blocks.*holds inside\.mat"):
        check_file(tmp_path, expected="blocks")


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"x")

    with pytest.raises(DatasetError, match="is a file; expected a folder.*Name the"):
        check_folder(path, expected="DND's")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty \\(0 bytes\\)"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS pointer"),
        (b"PK\x03\x04rest", "is a zip archive"),
        (b"<!DOCTYPE html><html>", "is a web page"),
    ],
)
def test_files_that_stand_in_for_the_data_are_named(tmp_path, content, message):
    path = tmp_path / "a.mat"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=message):
        check_file(path, expected="blocks")


def test_a_folder_that_is_still_zipped_is_an_error(tmp_path):
    path = tmp_path / "SIDD_Medium_Srgb.ZIP"
    path.write_bytes(b"PK\x03\x04")

    with pytest.raises(DatasetError, match=r"is a zip archive.*Unzip it"):
        check_folder(path, expected="SIDD-Medium")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")

    assert file_sha256(path) == hashlib.sha256(b"abc").hexdigest()
