"""Kaggle's CSV file, line by line: header, fields and IDs.

Works on bytes, so that a file in another encoding is reported and not decoded.
"""

import re
from dataclasses import dataclass

from cbsn_pipeline.benchmarks.sidd.submission import KAGGLE_HEADER
from cbsn_pipeline.findings import Finding

HEADER_TEXT = ",".join(KAGGLE_HEADER)
MIN_TEXT = 1000  # characters: a field this long in the first line is no column's name
SHOWN = 24  # characters of a file in a message
UTF8_MARK = b"\xef\xbb\xbf"

_CONTINUED = re.compile(rb"[A-Za-z0-9+/=]{10,200}")
_WHOLE = re.compile(rb"(\d{1,9})(\.0*)?")
_FIELD = rb'\s*"([^"]*)"\s*(?:%(d)s|$)|([^%(d)s]*)(?:%(d)s|$)'


@dataclass(frozen=True)
class Header:
    """Where the two columns are.

    Attributes:
        present: Whether the first line is a header and not a block already.
        delimiter: What separates fields.
        id_column: Index of ``ID``.
        block_column: Index of ``BLOCK``.
        num_columns: How many fields a line should have.
    """

    present: bool = True
    delimiter: bytes = b","
    id_column: int = 0
    block_column: int = 1
    num_columns: int = 2


def split_row(text: bytes, delimiter: bytes = b",") -> list[bytes]:
    """Split a line into fields; quotes around a field are taken off.

    >>> split_row(b'0,"QUJD"')
    [b'0', b'QUJD']
    """
    if b'"' not in text:
        return [field.strip() for field in text.split(delimiter)]
    pattern = re.compile(_FIELD % {b"d": re.escape(delimiter)})
    fields, position = [], 0
    while position <= len(text):
        match = pattern.match(text, position)
        if match is None:
            return [field.strip() for field in text.split(delimiter)]
        quoted, plain = match.groups()
        fields.append((plain if quoted is None else quoted).strip())
        if match.end() == len(text) and not text.endswith(delimiter):
            break
        position = match.end() if match.end() > position else position + 1
    return fields


def read_header(line: bytes, file: str) -> tuple[list[Finding], Header | None]:
    """Check the first line.

    Args:
        line: Without its end.
        file: For the findings.

    Returns:
        What is wrong with it, and where the columns are; None if the rest cannot be
        read at all.
    """
    if line[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return [_encoding(file, line)], None
    findings = []
    if line.startswith(UTF8_MARK):
        findings.append(_byte_order_mark(file))
        line = line.removeprefix(UTF8_MARK)
    delimiter = max((b",", b";", b"\t"), key=line[:MIN_TEXT].count)
    fields = split_row(line, delimiter)
    if delimiter != b",":
        findings.append(_delimiter(file, delimiter, line))
    if max(map(len, fields)) >= MIN_TEXT:
        return [*findings, _no_header(file, line)], _guess_columns(fields, delimiter)
    names = [field.decode("utf-8", "replace") for field in fields]
    if names == list(KAGGLE_HEADER):
        return findings, Header(delimiter=delimiter)
    return [*findings, _header_finding(file, names)], _find_columns(names, delimiter)


def _guess_columns(fields: list[bytes], delimiter: bytes) -> Header:
    block = max(range(len(fields)), key=lambda column: len(fields[column]))
    return Header(False, delimiter, max(block - 1, 0), block, len(fields))


def _find_columns(names: list[str], delimiter: bytes) -> Header:
    """Find both columns whatever they are called; the last two if nothing helps."""
    lower = [name.lower().strip() for name in names]
    last = len(names) - 1
    found = [
        lower.index(name.lower()) if name.lower() in lower else default
        for name, default in zip(KAGGLE_HEADER, (max(last - 1, 0), last), strict=True)
    ]
    return Header(True, delimiter, found[0], found[1], len(names))


def _header_finding(file: str, names: list[str]) -> Finding:
    got = ",".join(name[:SHOWN] for name in names[:5])
    what = f"Expected the header {HEADER_TEXT}; it is {got!r}."
    if len(names) > len(KAGGLE_HEADER) and set(KAGGLE_HEADER) <= set(names):
        return Finding(
            "error",
            "index_column",
            file,
            "line 1",
            what,
            "pandas wrote its index as a column of its own.",
            "Write with to_csv(..., index=False).",
        )
    return Finding(
        "error",
        "header_names",
        file,
        "line 1",
        what,
        "Columns have other names, or another order.",
        f"Name them {HEADER_TEXT}, in this order and in capitals.",
    )


def _no_header(file: str, line: bytes) -> Finding:
    return Finding(
        "error",
        "header_missing",
        file,
        "line 1",
        f"Expected the header {HEADER_TEXT}; the first line is a block: {show(line)}.",
        "The header was not written: to_csv(header=False), or lines written by hand.",
        f"Write {HEADER_TEXT} as the first line.",
    )


def _byte_order_mark(file: str) -> Finding:
    return Finding(
        "error",
        "byte_order_mark",
        file,
        "line 1",
        f"Expected {HEADER_TEXT} from the first byte on; the bytes EF BB BF precede "
        "it, so that a strict reader finds no column named ID.",
        "It was written with encoding utf-8-sig, or by Excel.",
        "Write with encoding utf-8.",
    )


def _encoding(file: str, line: bytes) -> Finding:
    return Finding(
        "error",
        "encoding",
        file,
        "line 1",
        f"Expected plain ASCII; the file begins with {line[:2].hex(' ').upper()}, the "
        "mark of UTF-16.",
        "It was written by a Windows shell (>) or saved as Unicode text.",
        "Write with encoding utf-8; nothing else was checked.",
    )


def _delimiter(file: str, delimiter: bytes, line: bytes) -> Finding:
    return Finding(
        "error",
        "delimiter",
        file,
        "line 1",
        f"Expected fields separated by commas; they are by {delimiter.decode()!r}: "
        f"{show(line)}.",
        "It was written with another sep, or by Excel in a language with a decimal "
        "comma.",
        'Write with to_csv(..., sep=",").',
    )


def check_columns(
    fields: list[bytes], header: Header, *, file: str, index: str
) -> list[Finding]:
    """Check that a line has as many fields as the header."""
    if len(fields) == header.num_columns:
        return []
    if len(fields) == 1 and _CONTINUED.fullmatch(fields[0]):
        return [_continued(fields[0], file, index)]
    return [
        Finding(
            "error",
            "columns",
            file,
            index,
            f"Expected {header.num_columns} fields as in the header; got "
            f"{len(fields)}: {show(header.delimiter.join(fields))}.",
            "The line was cut off, or a field holds a comma.",
            "Write one line per block: its ID, a comma, its text.",
        )
    ]


def _continued(field: bytes, file: str, index: str) -> Finding:
    return Finding(
        "error",
        "base64_line_breaks",
        file,
        index,
        f"Expected a new block; the line goes on with the text before: {show(field)}.",
        "base64.encodebytes or the command base64 breaks lines after 76 characters.",
        "Use base64.b64encode, or base64 -w0.",
    )


def read_id(field: bytes, *, file: str, index: str) -> tuple[list[Finding], int | None]:
    """Read an ID: digits and nothing else.

    Returns:
        What is wrong with it, and the number; None if it is none. ``7.0`` is
        reported and read all the same.
    """
    number = _WHOLE.fullmatch(field)
    if number and not number[2]:
        return [], int(number[1])
    finding = _bad_id(field, file, index, as_float=number is not None)
    return [finding], int(number[1]) if number else None


def _bad_id(field: bytes, file: str, index: str, *, as_float: bool) -> Finding:
    return Finding(
        "error",
        "id_format",
        file,
        index,
        f"Expected a whole number from 0 as ID; got {show(field)}.",
        "pandas made the column float." if as_float else "A name was written instead.",
        "Write image * blocks per image + block as an integer.",
    )


def show(text: bytes) -> str:
    """Quote the beginning of bytes of a file, for a message."""
    shown = text[:SHOWN].decode("ascii", "backslashreplace")
    return repr(shown) + (" ..." if len(text) > SHOWN else "")
