import pytest

from cbsn_pipeline.submission_checks.rules.kaggle_rows import (
    Header,
    check_columns,
    read_header,
    read_id,
    split_row,
)

LONG = b"QUJD" * 500


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (b"0,QUJD", [b"0", b"QUJD"]),
        (b'"0","QU\nJD"', [b"0", b"QU\nJD"]),
        (b'0,"a,b",', [b"0", b"a,b", b""]),
        (b',"x"', [b"", b"x"]),
        (b'0,"x"y', [b"0", b'"x"y']),
        (b"", [b""]),
    ],
)
def test_a_line_is_split_at_commas_outside_of_quotes(text, fields):
    assert split_row(text) == fields


def test_a_right_header_gives_no_finding():
    assert read_header(b"ID,BLOCK", "a.csv") == ([], Header())
    assert read_header(b'"ID","BLOCK"', "a.csv") == ([], Header())


@pytest.mark.parametrize(
    ("line", "code", "columns"),
    [
        (b"Id,Block", "header_names", (0, 1)),
        (b"BLOCK,ID", "header_names", (1, 0)),
        (b"Unnamed: 0,ID,BLOCK", "index_column", (1, 2)),
        (b"name,value", "header_names", (0, 1)),
        (b"x", "header_names", (0, 0)),
        (b"0," + LONG, "header_missing", (0, 1)),
        (b"7,0," + LONG, "header_missing", (1, 2)),
    ],
)
def test_other_headers_are_reported_and_columns_still_found(line, code, columns):
    findings, header = read_header(line, "a.csv")

    assert [finding.code for finding in findings] == [code]
    assert (header.id_column, header.block_column) == columns
    assert header.present is (code != "header_missing")


def test_several_things_can_be_wrong_with_one_header():
    findings, header = read_header(b"\xef\xbb\xbfid;block", "a.csv")

    codes = [finding.code for finding in findings]
    assert codes == ["byte_order_mark", "delimiter", "header_names"]
    assert header.delimiter == b";"


@pytest.mark.parametrize(
    ("field", "number", "codes"),
    [
        (b"0", 0, []),
        (b"0012", 12, []),
        (b"7.0", 7, ["id_format"]),
        (b"7.5", None, ["id_format"]),
        (b"-1", None, ["id_format"]),
        (b"", None, ["id_format"]),
        (b"9" * 30, None, ["id_format"]),
    ],
)
def test_ids_are_whole_numbers(field, number, codes):
    findings, found = read_id(field, file="a.csv", index="line 2")

    assert (found, [finding.code for finding in findings]) == (number, codes)


def test_a_line_has_as_many_fields_as_the_header():
    assert check_columns([b"0", b"x"], Header(), file="a.csv", index="line 2") == []

    (finding,) = check_columns([b"0"], Header(), file="a.csv", index="line 2")

    assert finding.code == "columns"
    assert "Expected 2 fields as in the header; got 1: '0'." in finding.what
