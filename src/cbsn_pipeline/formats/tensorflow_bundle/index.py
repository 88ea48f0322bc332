"""The index of a TensorFlow checkpoint: which variables it has, and where.

Source:
    ``tensor_bundle.proto`` of TensorFlow; :mod:`.table` is the file it is in.
"""

import math
from typing import NamedTuple

from cbsn_pipeline.formats.tensorflow_bundle.table import read_table
from cbsn_pipeline.formats.tensorflow_bundle.wire import fields

HEADER = ""  # the name below which the table keeps what is true of all variables
LITTLE_ENDIAN = 0
MOST_AXES = 32
FLOAT32, FLOAT32_BYTES = 1, 4  # TensorFlow's number of the type, and its size
# Fields of BundleHeaderProto, BundleEntryProto, TensorShapeProto and its Dim.
NUM_SHARDS, ENDIANNESS = 1, 2
TYPE, SHAPE, SHARD, OFFSET, SIZE, CHECKSUM, SLICES = 1, 2, 3, 4, 5, 6, 7
DIMENSION, UNKNOWN_RANK = 2, 3
LENGTH = 1


class Variable(NamedTuple):
    """What the index says of a variable.

    Attributes:
        shape: In TensorFlow's order.
        dtype: TensorFlow's number of the type, as in its ``types.proto``.
        shard: Which of the data files it is in, from 0.
        offset: Where its bytes begin there.
        size: How many there are.
        checksum: Masked CRC-32C of them.
        is_sliced: Whether it is stored in parts, below other names.
    """

    shape: tuple[int, ...]
    dtype: int
    shard: int
    offset: int
    size: int
    checksum: int
    is_sliced: bool


class Index(NamedTuple):
    """What an index holds."""

    num_shards: int
    variables: dict[str, Variable]
    """By name."""


def parse_index(content: bytes) -> Index:
    """Read an index.

    Args:
        content: The whole file that ends in ``.index``.

    Raises:
        ValueError: It is no index, damaged, or of another kind than TensorFlow writes.
    """
    table = read_table(content)
    if HEADER not in table:
        raise ValueError("it is a table without the header of a checkpoint")
    header = dict(fields(table.pop(HEADER)))
    if header.get(ENDIANNESS, LITTLE_ENDIAN) != LITTLE_ENDIAN:
        raise ValueError("its numbers are big-endian, from a machine of another kind")
    num_shards = _number(header.get(NUM_SHARDS, 0))
    variables = {}
    for name, entry in table.items():
        try:
            variables[name] = _variable(entry, num_shards)
        except ValueError as error:
            raise ValueError(f"its entry of {name!r} is damaged: {error}") from error
    return Index(num_shards, variables)


def _variable(entry: bytes, num_shards: int) -> Variable:
    values = dict(fields(entry))
    shape = _shape(_message(values.get(SHAPE, b"")))
    dtype, shard, offset, size, checksum = (
        _number(values.get(field, 0)) for field in (TYPE, SHARD, OFFSET, SIZE, CHECKSUM)
    )
    if shard >= num_shards:
        raise ValueError(f"it is in shard {shard} of {num_shards}")
    is_sliced = SLICES in values
    if dtype == FLOAT32 and not is_sliced and size != math.prod(shape) * FLOAT32_BYTES:
        raise ValueError(f"{size:,} bytes are no float32 numbers of shape {shape}")
    return Variable(shape, dtype, shard, offset, size, checksum, is_sliced)


def _shape(message: bytes) -> tuple[int, ...]:
    shape: list[int] = []
    for field, content in fields(message):
        if field == UNKNOWN_RANK and content:
            raise ValueError("its shape is not known")
        if field == DIMENSION:
            length = _number(dict(fields(_message(content))).get(LENGTH, 0))
            if length >= 2**63 or len(shape) == MOST_AXES:
                raise ValueError("its shape is not one of an array")
            shape.append(length)
    return tuple(shape)


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise ValueError("bytes are where a number should be")
    return value


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number is where a message should be")
    return value
