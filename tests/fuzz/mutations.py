"""Damages files: the same damage for the same seed.

An operator takes bytes and a source of chance and returns other bytes. What it does is
what disks, downloads, careless scripts and enemies do: cut, flip, overwrite, repeat,
and write a number that is too large where a length, a size or an offset may be.
"""

import random
from collections.abc import Callable

Operator = Callable[[bytearray, random.Random, bytes], bytearray]

# What goes wrong where a program adds, multiplies or allocates.
NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536)
LARGE = (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**48, 2**63 - 1, 2**64 - 1)
MOST_OPERATIONS = 4
SMALL_FILE = (
    64 * 1024
)  # beyond it, damage is drawn to the beginning: structure is there


def truncate(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Cut the end off."""
    return content[: draw.randrange(len(content) + 1)]


def flip_bits(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Change single bits, up to sixteen."""
    for _ in range(draw.randint(1, 16)):
        content[_place(content, draw)] ^= 1 << draw.randrange(8)
    return content


def overwrite(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Overwrite a few bytes with chance."""
    start = _place(content, draw)
    piece = draw.randbytes(draw.randint(1, 32))
    content[start : start + len(piece)] = piece
    return content


def zero_run(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Overwrite a run with zeros or ones, as a sector that was never written."""
    start, length = _place(content, draw), 2 ** draw.randrange(10)
    length = min(length, len(content) - start)
    content[start : start + length] = bytes([draw.choice((0, 255))]) * length
    return content


def tamper_number(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Write a number where a length, a size or an offset may be."""
    width = draw.choice((1, 2, 4, 8))
    number = draw.choice((*NUMBERS, *LARGE, len(content), draw.randrange(1 << 16)))
    order = draw.choice(("little", "big"))
    start = _place(content, draw)
    if draw.random() < 0.5:  # fields are often aligned
        start -= start % width
    content[start : start + width] = (number % 256**width).to_bytes(width, order)
    return content


def repeat_piece(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Insert a copy of a piece of the file somewhere in it."""
    start = _place(content, draw)
    piece = content[start : start + draw.randint(1, 256)] * draw.choice((1, 1, 2, 50))
    where = _place(content, draw)
    content[where:where] = piece
    return content


def remove_piece(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Take a piece out."""
    start = _place(content, draw)
    del content[start : start + draw.randint(1, 256)]
    return content


def splice(content: bytearray, draw: random.Random, other: bytes) -> bytearray:
    """Go on with the end of another file from somewhere."""
    return content[: _place(content, draw)] + other[draw.randrange(len(other)) :]


OPERATORS: tuple[Operator, ...] = (
    truncate,
    flip_bits,
    overwrite,
    zero_run,
    tamper_number,
    tamper_number,  # what finds most
    repeat_piece,
    remove_piece,
    splice,
)


def mutate(content: bytes, draw: random.Random, *, other: bytes) -> bytes:
    """Damage a file by one to four operators.

    Args:
        content: The file.
        draw: Decides on everything.
        other: Another file, to splice with.
    """
    damaged = bytearray(content)
    for _ in range(draw.randint(1, MOST_OPERATIONS)):
        if damaged:
            damaged = draw.choice(OPERATORS)(damaged, draw, other)
    return bytes(damaged)


def _place(content: bytearray, draw: random.Random) -> int:
    size = len(content)
    if size > SMALL_FILE and draw.random() < 0.5:
        size = SMALL_FILE
    return draw.randrange(size) if size else 0
