"""Writes TensorFlow checkpoints, slowly and by the book: nothing of our reader is used.

The same layout as TensorFlow's: a header, an entry per variable in the order of their
names, names that share their beginnings, restarts every 16 names, several blocks.
"""

import struct
from pathlib import Path

import numpy as np

RESTART_INTERVAL = 16
VARINT, BYTES, FIXED32 = 0, 2, 5
FLOAT32, INT64 = 1, 9
NUMPY_TYPES = {"float32": FLOAT32, "int64": INT64}


def write_bundle(
    prefix: Path,
    arrays: dict[str, np.ndarray],
    *,
    num_shards: int = 1,
    names_per_block: int = 20,
) -> Path:
    """Write arrays in turn to the shards, and their index.

    Returns:
        The index.
    """
    shards = [b""] * num_shards
    entries = {}
    for number, (name, array) in enumerate(sorted(arrays.items())):
        shard = number % num_shards
        entries[name] = entry(array, shard, len(shards[shard]))
        shards[shard] += array.tobytes()
    for number, content in enumerate(shards):
        data_path(prefix, number, num_shards).write_bytes(content)
    return write_index(
        prefix, entries, num_shards=num_shards, names_per_block=names_per_block
    )


def write_index(
    prefix: Path,
    entries: dict[str, bytes],
    *,
    num_shards: int = 1,
    names_per_block: int = 20,
) -> Path:
    """Write an index of entries as they are."""
    index = prefix.with_name(f"{prefix.name}.index")
    items = {"": header(num_shards), **entries}
    index.write_bytes(table(items, names_per_block=names_per_block))
    return index


def data_path(prefix: Path, shard: int, num_shards: int) -> Path:
    return prefix.with_name(f"{prefix.name}.data-{shard:05d}-of-{num_shards:05d}")


def header(num_shards: int, endianness: int = 0) -> bytes:
    version = field(1, VARINT, 1)
    parts = [field(1, VARINT, num_shards), field(3, BYTES, version)]
    if endianness:
        parts.insert(1, field(2, VARINT, endianness))
    return b"".join(parts)


def entry(
    array: np.ndarray,
    shard: int = 0,
    offset: int = 0,
    *,
    shape: tuple[int, ...] | None = None,
    size: int | None = None,
) -> bytes:
    """Describe an array; ``shape`` and ``size`` may be others than its own."""
    content = array.tobytes()
    sides = array.shape if shape is None else shape
    dimensions = b"".join(field(2, BYTES, field(1, VARINT, n)) for n in sides)
    return b"".join(
        [
            field(1, VARINT, NUMPY_TYPES[array.dtype.name]),
            field(2, BYTES, dimensions),
            field(3, VARINT, shard),
            field(4, VARINT, offset),
            field(5, VARINT, len(content) if size is None else size),
            field(6, FIXED32, masked(content)),
        ]
    )


def table(
    items: dict[str, bytes], *, names_per_block: int = 20, compression: int = 0
) -> bytes:
    """Lay a sorted table out as LevelDB does."""
    ordered = sorted((name.encode(), value) for name, value in items.items())
    starts = range(0, len(ordered), names_per_block)
    chunks = [ordered[start : start + names_per_block] for start in starts]
    blocks = [entries_block(chunk) for chunk in chunks]
    names = [chunk[-1][0] for chunk in chunks]
    return lay_out(blocks, names=names, compression=compression)


def lay_out(
    blocks: list[bytes],
    places: list[tuple[int, int]] | None = None,
    *,
    names: list[bytes] | None = None,
    index: bytes | None = None,
    compression: int = 0,
) -> bytes:
    """Make a table of blocks as they are; ``places`` and ``index`` may lie."""
    content, found = b"", []
    for block in blocks:
        found.append((len(content), len(block)))
        content += trailed(block, compression)
    places = places or found
    names = names or [b"%03d" % number for number in range(len(places))]
    handles = [(name, handle(*at)) for name, at in zip(names, places, strict=True)]
    footer = b""
    for block in (entries_block([]), index or entries_block(handles)):
        footer += handle(len(content), len(block))
        content += trailed(block)
    return content + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def handle(position: int, size: int) -> bytes:
    """Say where a block is."""
    return varint(position) + varint(size)


def entries_block(items: list[tuple[bytes, bytes]]) -> bytes:
    content, restarts, last = b"", [], b""
    for number, (name, value) in enumerate(items):
        shared = 0
        if number % RESTART_INTERVAL == 0:
            restarts.append(len(content))
        else:
            while name[: shared + 1] == last[: shared + 1]:
                shared += 1
        content += varint(shared) + varint(len(name) - shared) + varint(len(value))
        content += name[shared:] + value
        last = name
    restarts = restarts or [0]
    return content + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def trailed(block: bytes, compression: int = 0) -> bytes:
    """Put compression and checksum behind a block."""
    summed = block + bytes([compression])
    return summed + struct.pack("<I", masked(summed))


def field(number: int, kind: int, value: int | bytes) -> bytes:
    tag = varint(number << 3 | kind)
    if isinstance(value, bytes):
        return tag + varint(len(value)) + value
    return tag + (struct.pack("<I", value) if kind == FIXED32 else varint(value))


def varint(number: int) -> bytes:
    content = b""
    while number > 127:
        content += bytes([number & 127 | 128])
        number >>= 7
    return content + bytes([number])


def masked(content: bytes) -> int:
    """CRC-32C bit by bit, masked as LevelDB masks it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
