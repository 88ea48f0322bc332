import base64

import numpy as np
import pytest

from cbsn_pipeline.submission_checks.rules.kaggle_blocks import read_block

SHAPE = (2, 3, 3)
BLOCK = np.arange(240, 258).astype(np.uint8).reshape(SHAPE)  # uses + and /
TEXT = base64.b64encode(BLOCK.tobytes())


def read(text):
    findings, block = read_block(text, SHAPE, file="a.csv", index="ID 0")
    return [finding.code for finding in findings], block, findings


def test_a_block_comes_back():
    codes, block, _ = read(TEXT)

    assert codes == []
    assert np.array_equal(block, BLOCK)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"b'" + TEXT + b"'", "base64_prefix"),
        (b"data:image/raw;base64," + TEXT, "base64_prefix"),
        (TEXT[:8] + b"\r\n" + TEXT[8:], "base64_line_breaks"),
        (TEXT[:8] + rb"\n" + TEXT[8:], "base64_line_breaks"),
        (TEXT.replace(b"/", b"_").replace(b"+", b"-"), "base64_urlsafe"),
    ],
)
def test_text_that_can_be_put_right_is_reported_and_read(text, code):
    codes, block, _ = read(text)

    assert codes == [code]
    assert np.array_equal(block, BLOCK)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "block_empty"),
        (b"nan", "block_empty"),
        (TEXT[:-1], "base64_length"),
        (b"[[[240 241]]]", "base64_alphabet"),
        (TEXT[:-4], "block_size"),
        (base64.b64encode(b"\x89PNG...."), "block_size"),
    ],
)
def test_text_that_cannot_be_read_is_reported(text, code):
    codes, block, _ = read(text)

    assert codes == [code]
    assert block is None


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (BLOCK.astype(np.float64).tobytes(), "float64"),
        (BLOCK.astype(np.float32).tobytes(), "float32"),
        (BLOCK.astype(np.uint16).tobytes(), "uint16"),
        (BLOCK[..., 0].tobytes(), "grey"),
        (bytes(24), "alpha channel"),
        (bytes(27), "Hexadecimal"),
        (b"\xff\xd8\xff\xe0", "a JPEG file"),
        (bytes(5), "cropped, resized or cut off"),
    ],
)
def test_the_number_of_bytes_tells_the_cause(content, cause):
    _, _, findings = read(base64.b64encode(content))

    assert cause in findings[0].cause


def test_excels_limit_is_recognised():
    _, _, findings = read(b"A" * 32767)

    assert findings[0].cause == "Excel cuts cells there."
