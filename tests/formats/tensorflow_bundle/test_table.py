import bundle_writer as writer
import pytest

from cbsn_pipeline.formats.tensorflow_bundle import table as tables
from cbsn_pipeline.formats.tensorflow_bundle.table import read_table

ITEMS = {f"net/conv{number:03d}/kernel": bytes([number]) for number in range(100)}


@pytest.mark.parametrize("names_per_block", [1, 7, 40, 1000])
def test_names_and_contents_come_back_in_order(names_per_block):
    content = writer.table(ITEMS, names_per_block=names_per_block)

    assert list(read_table(content).items()) == list(ITEMS.items())


def test_a_changed_byte_is_found_wherever_it_is():
    content = writer.table(ITEMS)

    for place in range(0, len(content) - tables.FOOTER_BYTES, 7):
        changed = bytearray(content)
        changed[place] ^= 0x10
        with pytest.raises(ValueError, match="does not match its checksum"):
            read_table(bytes(changed))


def test_a_compressed_table_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match=r"compressed \(snappy\)"):
        read_table(writer.table(ITEMS, compression=1))
    with pytest.raises(ValueError, match=r"compressed \(kind 9\)"):
        read_table(writer.table(ITEMS, compression=9))


@pytest.mark.parametrize("content", [b"", tables.MAGIC, b"a" * 100])
def test_what_is_no_table_is_refused(content):
    with pytest.raises(ValueError, match="does not end as LevelDB's tables do"):
        read_table(content)


def test_a_block_that_is_named_again_is_refused():
    block = writer.entries_block([(b"a", b"1")])

    with pytest.raises(ValueError, match="two of its blocks overlap"):
        read_table(writer.lay_out([block], [(0, len(block))] * 2))


def test_names_out_of_order_are_refused():
    blocks = [writer.entries_block([(name, b"1")]) for name in (b"b", b"a")]

    with pytest.raises(ValueError, match="not in order: b'a' after b'b'"):
        read_table(writer.lay_out(blocks))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (bytes([9, 1, 0]) + b"a" + bytes(4), "a name has 10 characters"),
        (bytes([0, 0x81, 0x10, 0]) + b"a" * 2049 + bytes(4), "has 2,049 characters"),
        (bytes([0, 1, 99]) + b"a" + bytes(4), "99 bytes should follow"),
        (b"\xff" * 4, "has no room for its table"),
    ],
)
def test_entries_that_cannot_be_are_refused(block, message):
    with pytest.raises(ValueError, match=message):
        read_table(writer.lay_out([block]))


def test_more_names_than_any_network_has_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_NAMES", 99)

    with pytest.raises(ValueError, match="more than 99 names"):
        read_table(writer.table(ITEMS))
