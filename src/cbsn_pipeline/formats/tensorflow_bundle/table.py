"""Sorted tables of LevelDB: names and their contents, in blocks with checksums.

A table is a list of blocks, a block that says where they are, and a footer that says
where that one is. In a block a name is stored as what it shares with the one before it
and what follows.

Source:
    doc/table_format.md of LevelDB; TensorFlow's ``lib/io/table`` writes the same.
"""

from collections.abc import Iterator

from cbsn_pipeline.formats.tensorflow_bundle.crc32c import masked_crc32c
from cbsn_pipeline.formats.tensorflow_bundle.wire import Cursor

MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
FOOTER_BYTES = 48
TRAILER_BYTES = 5  # behind a block: its compression and its checksum
PLAIN, SNAPPY = 0, 1
RESTART_BYTES = 4
MOST_NAMES = 10_000
MOST_NAME_BYTES = 1024


def read_table(content: bytes) -> dict[str, bytes]:
    """Read all of a table.

    Args:
        content: The whole file.

    Returns:
        What is stored under each name, in the order of the names.

    Raises:
        ValueError: It is no table, damaged, or compressed.
    """
    if not content.endswith(MAGIC) or len(content) < FOOTER_BYTES:
        raise ValueError("it does not end as LevelDB's tables do")
    footer = Cursor(content[-FOOTER_BYTES:])
    _block(content, *_handle(footer))  # for what TensorFlow does not have: empty
    names = _block(content, *_handle(footer))
    found: dict[str, bytes] = {}
    last, end = None, 0
    for _, value in _entries(names):
        position, size = _handle(Cursor(value))
        if position < end:  # or a small file could name one block a million times
            raise ValueError("two of its blocks overlap")
        end = position + size
        for key, inner in _entries(_block(content, position, size)):
            if last is not None and key <= last:
                raise ValueError(f"its names are not in order: {key!r} after {last!r}")
            if len(found) == MOST_NAMES:
                raise ValueError(f"it has more than {MOST_NAMES:,} names")
            found[key.decode(errors="backslashreplace")], last = inner, key
    return found


def _handle(cursor: Cursor) -> tuple[int, int]:
    """Read where a block is, and its size."""
    return cursor.varint(), cursor.varint()


def _block(content: bytes, position: int, size: int) -> bytes:
    """Give the content of a block.

    Raises:
        ValueError: It is cut off, compressed, or does not match its checksum.
    """
    stored = content[position : position + size + TRAILER_BYTES]
    if len(stored) != size + TRAILER_BYTES:
        raise ValueError(f"a block of {size:,} bytes at {position:,} is cut off")
    summed, checksum = stored[:-4], stored[-4:]
    if masked_crc32c(summed) != int.from_bytes(checksum, "little"):
        raise ValueError(f"the block at {position:,} does not match its checksum")
    if (kind := stored[size]) != PLAIN:
        raise ValueError(
            f"the block at {position:,} is compressed "
            f"({'snappy' if kind == SNAPPY else f'kind {kind}'}), which TensorFlow "
            "reads and does not write"
        )
    return stored[:size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the names of a block and what belongs to them."""
    num_restarts = int.from_bytes(block[-RESTART_BYTES:], "little")
    end = len(block) - RESTART_BYTES * (num_restarts + 1)
    if end < 0:
        raise ValueError(f"a block of {len(block):,} bytes has no room for its table")
    cursor, key = Cursor(block[:end]), b""
    while not cursor.is_at_end:
        shared, following, size = cursor.varint(), cursor.varint(), cursor.varint()
        if shared > len(key) or shared + following > MOST_NAME_BYTES:
            raise ValueError(f"a name has {shared + following:,} characters")
        key = key[:shared] + cursor.take(following)
        yield key, cursor.take(size)
