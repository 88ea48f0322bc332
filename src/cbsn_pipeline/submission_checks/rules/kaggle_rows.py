"""Kaggle's CSV file, line by line: header, fields and IDs.

Works on bytes, so that a file in another encoding is reported and not decoded.
"""

import re
from dataclasses import dataclass

from cbsn_pipeline.benchmarks.sidd.submission import KAGGLE_HEADER
from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.report import report

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
        got = line[:2].hex(" ").upper()
        return [report("encoding", file, "line 1", got=got)], None
    findings = []
    if line.startswith(UTF8_MARK):
        findings.append(report("byte_order_mark", file, "line 1", header=HEADER_TEXT))
        line = line.removeprefix(UTF8_MARK)
    delimiter = max((b",", b";", b"\t"), key=line[:MIN_TEXT].count)
    fields = split_row(line, delimiter)
    if delimiter != b",":
        findings.append(
            report(
                *("delimiter", file, "line 1"),
                delimiter=delimiter.decode(),
                got=show(line),
            )
        )
    if max(map(len, fields)) >= MIN_TEXT:
        missing = report(
            *("header_missing", file, "line 1"), header=HEADER_TEXT, got=show(line)
        )
        return [*findings, missing], _guess_columns(fields, delimiter)
    names = [field.decode("utf-8", "replace") for field in fields]
    if names == list(KAGGLE_HEADER):
        return findings, Header(delimiter=delimiter)
    return [*findings, _other_header(file, names)], _find_columns(names, delimiter)


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


def _other_header(file: str, names: list[str]) -> Finding:
    got = ",".join(name[:SHOWN] for name in names[:5])
    indexed = len(names) > len(KAGGLE_HEADER) and set(KAGGLE_HEADER) <= set(names)
    return report(
        "index_column" if indexed else "header_names",
        file,
        "line 1",
        header=HEADER_TEXT,
        got=got,
    )


def check_columns(
    fields: list[bytes], header: Header, *, file: str, index: str
) -> list[Finding]:
    """Check that a line has as many fields as the header."""
    if len(fields) == header.num_columns:
        return []
    if len(fields) == 1 and _CONTINUED.fullmatch(fields[0]):
        got = show(fields[0])
        return [report("base64_line_breaks/unquoted", file, index, got=got)]
    return [
        report(
            *("columns", file, index),
            expected=header.num_columns,
            number=len(fields),
            got=show(header.delimiter.join(fields)),
        )
    ]


def read_id(field: bytes, *, file: str, index: str) -> tuple[list[Finding], int | None]:
    """Read an ID: digits and nothing else.

    Returns:
        What is wrong with it, and the number; None if it is none. ``7.0`` is
        reported and read all the same.
    """
    number = _WHOLE.fullmatch(field)
    if number and not number[2]:
        return [], int(number[1])
    case = "id_format/float" if number else "id_format/name"
    finding = report(case, file, index, got=show(field))
    return [finding], int(number[1]) if number else None


def show(text: bytes) -> str:
    """Quote the beginning of bytes of a file, for a message."""
    shown = text[:SHOWN].decode("ascii", "backslashreplace")
    return repr(shown) + (" ..." if len(text) > SHOWN else "")
