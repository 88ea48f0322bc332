import pytest

from cbsn_pipeline.formats.tensorflow_bundle.wire import Cursor, fields


def test_fields_of_every_kind():
    message = (
        b"\x08\x96\x01" + b"\x12\x02hi" + b"\x1d\x01\0\0\0" + b"\x21\x02" + bytes(7)
    )

    assert list(fields(message)) == [(1, 150), (2, b"hi"), (3, 1), (4, 2)]


def test_the_largest_number_and_one_that_does_not_end():
    assert Cursor(b"\xff" * 9 + b"\x01").varint() == 2**64 - 1
    with pytest.raises(ValueError, match="a number does not end"):
        Cursor(b"\xff" * 11).varint()


def test_what_is_cut_off_or_unknown_is_refused():
    with pytest.raises(ValueError, match="200 bytes should follow where 1 do"):
        list(fields(b"\x12\xc8\x01a"))
    with pytest.raises(ValueError, match="unknown kind 3"):
        list(fields(b"\x0b"))
