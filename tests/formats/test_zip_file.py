import zipfile
import zlib

import numpy as np
import pytest

from cbsn_pipeline.formats import zip_file
from cbsn_pipeline.formats.zip_file import check_zip, write_zip_checked


@pytest.fixture
def files(tmp_path):
    files = [tmp_path / f"000{n}.mat" for n in (1, 2)]
    for number, file in enumerate(files):
        file.write_bytes(bytes([number]) * 5_000)
    return files


def test_the_files_lie_side_by_side_and_come_out_as_they_went_in(tmp_path, files):
    write_zip_checked(tmp_path / "bundled.zip", files)

    with zipfile.ZipFile(tmp_path / "bundled.zip") as archive:
        assert archive.namelist() == ["0001.mat", "0002.mat"]
        assert archive.read("0002.mat") == files[1].read_bytes()
        assert archive.infolist()[0].compress_size < 100


def test_same_files_same_bytes(tmp_path, files):
    write_zip_checked(tmp_path / "a.zip", files)
    files[0].touch()
    write_zip_checked(tmp_path / "b.zip", files)

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_it_packs_fast(tmp_path):
    file = tmp_path / "0001.mat"
    rng = np.random.default_rng(0)
    file.write_bytes(rng.normal(size=20_000).astype(np.float16).tobytes())
    write_zip_checked(tmp_path / "bundled.zip", [file])

    with zipfile.ZipFile(tmp_path / "bundled.zip") as archive:
        packed = archive.infolist()[0].compress_size
    # a zlib stream is six bytes longer than the same in an archive
    assert packed == len(zlib.compress(file.read_bytes(), 1)) - 6
    assert packed != len(zlib.compress(file.read_bytes(), 6)) - 6


def test_files_beyond_two_gibibytes_have_the_header_they_need(
    tmp_path, files, monkeypatch
):
    monkeypatch.setattr(zip_file, "LARGE_BYTES", 100)

    write_zip_checked(tmp_path / "bundled.zip", files)

    with zipfile.ZipFile(tmp_path / "bundled.zip") as archive:
        assert archive.infolist()[0].extract_version == 45


def test_large_files_are_packed_in_pieces(tmp_path, files, monkeypatch):
    monkeypatch.setattr(zip_file, "PIECE_BYTES", 7)

    write_zip_checked(tmp_path / "bundled.zip", files)


def test_a_file_that_comes_out_different_is_noticed(tmp_path, files):
    write_zip_checked(tmp_path / "bundled.zip", files)
    files[1].write_bytes(b"something else")

    with pytest.raises(ValueError, match=r"0002\.mat comes out different"):
        check_zip(tmp_path / "bundled.zip", files)


def test_a_missing_file_is_noticed(tmp_path, files):
    write_zip_checked(tmp_path / "bundled.zip", files[:1])

    with pytest.raises(ValueError, match=r"holds 1 files; expected 2, 0001\.mat to 00"):
        check_zip(tmp_path / "bundled.zip", files)
