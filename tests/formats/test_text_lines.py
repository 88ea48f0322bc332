import gzip
import io
import zipfile

import pytest
from kedro.io import DatasetError

from cbsn_pipeline.formats.text_lines import open_bytes, read_lines


def lines(content, longest=100, most=1000):
    return list(read_lines(io.BytesIO(content), longest=longest, most=most))


def test_lines_come_with_their_number_and_without_their_end():
    assert lines(b"a\r\n\nb\nc") == [(1, b"a"), (3, b"b"), (4, b"c")]


def test_a_line_goes_on_while_a_quote_is_open():
    assert lines(b'0,"ab\ncd"\n1,x\n') == [(1, b'0,"ab\ncd"'), (3, b"1,x")]


def test_a_quote_that_is_never_closed_is_refused():
    with pytest.raises(DatasetError, match="opened in line 2 is never closed"):
        lines(b'a\n0,"b\nc\n')


def test_a_line_that_is_too_long_is_refused_before_it_is_read():
    stream = io.BytesIO(b"x" * 10_000)

    with pytest.raises(DatasetError, match="line 1 is longer than 100 bytes"):
        list(read_lines(stream, longest=100, most=1000))
    assert stream.tell() == 101


def test_a_file_that_goes_on_and_on_is_refused():
    with pytest.raises(DatasetError, match="goes on after 1,000 bytes"):
        lines(b"0,x\n" * 1000)


def test_plain_gzip_and_zip_read_alike(tmp_path):
    (tmp_path / "a").write_bytes(b"ID\n")
    (tmp_path / "b").write_bytes(gzip.compress(b"ID\n"))
    with zipfile.ZipFile(tmp_path / "c", "w") as archive:
        archive.writestr("deep/a.csv", b"ID\n")
        archive.writestr("__MACOSX/a.csv", b"x")

    for name in "abc":
        with open_bytes(tmp_path / name) as stream:
            assert stream.read() == b"ID\n"


def test_a_zip_of_several_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", b"x")
        archive.writestr("b.csv", b"x")

    with (
        pytest.raises(DatasetError, match=r"holds 2 files \(a\.csv, b\.csv\)"),
        open_bytes(tmp_path / "a.zip"),
    ):
        pass
