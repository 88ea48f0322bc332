"""The text of a block in Kaggle's CSV file: base64 of its bytes."""

import base64
import binascii
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.findings import Finding
from cbsn_pipeline.submission_checks.rules.kaggle_rows import show
from cbsn_pipeline.submission_checks.rules.report import report

Block = NDArray[np.uint8]

EXCEL_CELL = 32767  # characters: Excel cuts longer ones

_LINE_BREAK = re.compile(rb"\s+|\\n|\\r")
_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=_-]")
_PREFIX = re.compile(rb"""\A(?:b'|b"|data:[^,]{0,100},)""")
_NOTHING = (b"", b"nan", b"NaN", b"None", b"null", b"[]")
_PICTURES = {b"\x89PNG": "a PNG", b"\xff\xd8\xff": "a JPEG", b"\x93NUMPY": "an .npy"}


def read_block(
    text: bytes, shape: tuple[int, ...], *, file: str, index: str
) -> tuple[list[Finding], Block | None]:
    """Check the text of a block and read it.

    Text with a prefix, line breaks or the other alphabet is reported and read all the
    same, so that its pixels can be checked too.

    Args:
        text: The field.
        shape: Of a block, uint8.
        file: For the findings.
        index: Which block.

    Returns:
        What is wrong, and the block; None if it cannot be read.
    """
    if text in _NOTHING:
        return [report("block_empty/text", file, index, got=_begins(text))], None
    findings: list[Finding] = []
    content = _decode(text)
    if content is None:
        text, findings = _repair(text, file, index)
        content = _decode(text)
    if content is None:
        return [*findings, _not_base64(text, shape, file, index)], None
    size = int(np.prod(shape))
    if len(content) != size:
        wrong = report(
            *("block_size", file, index),
            expected=size,
            got=len(content),
            cause=_guess_size(content, size),
        )
        return [*findings, wrong], None
    return findings, np.frombuffer(content, np.uint8).reshape(shape)


def _decode(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def _repair(text: bytes, file: str, index: str) -> tuple[bytes, list[Finding]]:
    codes = []
    if prefix := _PREFIX.match(text):
        codes.append("base64_prefix")
        text = text[prefix.end() :].rstrip(b"'\"")
    joined = _LINE_BREAK.sub(b"", text)
    if joined != text and not _FOREIGN.search(joined):
        codes.append("base64_line_breaks")
        text = joined
    if (b"-" in text or b"_" in text) and b"+" not in text and b"/" not in text:
        codes.append("base64_urlsafe")
        text = text.translate(bytes.maketrans(b"-_", b"+/"))
    return text, [report(code, file, index, got=_begins(text)) for code in codes]


def _begins(text: bytes) -> str:
    return f" It begins with {show(text)}." if text else ""


def _not_base64(text: bytes, shape: tuple[int, ...], file: str, index: str) -> Finding:
    foreign = _FOREIGN.search(text.replace(b"-", b"+").replace(b"_", b"/"))
    if foreign:
        return report(
            *("base64_alphabet", file, index),
            foreign=show(foreign[0]),
            place=foreign.start(),
            got=show(text),
        )
    cut = "The text was cut off: an interrupted write or copy, or a full disk."
    return report(
        *("base64_length", file, index),
        expected=-(-int(np.prod(shape)) // 3) * 4,
        got=len(text),
        cause="Excel cuts cells there." if len(text) == EXCEL_CELL else cut,
    )


def _guess_size(content: bytes, size: int) -> str:
    for start, name in _PICTURES.items():
        if content.startswith(start):
            return f"It is {name} file, not the bare bytes of the pixels."
    causes: dict[Any, str] = {
        8.0: "The block was written as float64.",
        4.0: "The block was written as float32.",
        2.0: "The block was written as uint16 or float16.",
        1.5: "Hexadecimal was written, not base64.",
        4 / 3: "An alpha channel is there: it has four channels.",
        1 / 3: "It is grey: it has one channel.",
        1 / 4: "It has half the height and width.",
        0.75: "base64 was decoded or encoded twice, or the block was cropped.",
        0.0: "It is empty.",
    }
    return causes.get(len(content) / size, "It was cropped, resized or cut off.")
