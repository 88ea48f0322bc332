"""CRC-32C (Castagnoli), the checksum of TensorFlow's files, at numpy's speed.

A checksum is linear: bytes are cut into lanes that are summed side by side, and their
sums are joined by what a lane of zeros makes of a sum.

Source:
    RFC 3720, section 12.1; LevelDB's ``crc32c.h`` for the mask.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Sums = NDArray[np.uint32]

POLYNOMIAL = 0x82F63B78  # its bits reversed
ALL_ONES = 0xFFFFFFFF
LANE_BYTES = 256
MASK_DELTA = 0xA282EAD8


def masked_crc32c(content: bytes | bytearray) -> int:
    """Sum bytes up as TensorFlow and LevelDB store it: turned by 15 bits and shifted.

    >>> hex(masked_crc32c(b"123456789"))
    '0xc78ab0e5'
    """
    crc = crc32c(content)
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & ALL_ONES


def crc32c(content: bytes | bytearray) -> int:
    """Sum bytes up.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    whole = len(content) // LANE_BYTES
    lanes = np.frombuffer(content, np.uint8, whole * LANE_BYTES)
    sums = np.zeros(whole, np.uint32)
    for column in lanes.reshape(whole, LANE_BYTES).T if whole else ():
        sums = _step(sums, column)
    crc, (a, b, c, d) = ALL_ONES, _behind_a_lane()
    for lane in sums.tolist():
        behind = a[crc & 0xFF] ^ b[crc >> 8 & 0xFF] ^ c[crc >> 16 & 0xFF] ^ d[crc >> 24]
        crc = behind ^ lane
    table = _table().tolist()
    for byte in content[whole * LANE_BYTES :]:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ ALL_ONES


def _step(sums: Sums, following: NDArray[np.uint8] | int) -> Sums:
    """Go on with the next byte of every lane."""
    carried: Sums = _table()[(sums ^ following) & 0xFF]
    return carried ^ sums >> np.uint32(8)


@cache
def _table() -> Sums:
    """What each value of a byte makes of a sum of zero."""
    sums, one = np.arange(256, dtype=np.uint32), np.uint32(1)
    for _ in range(8):
        sums = sums >> one ^ (sums & one) * np.uint32(POLYNOMIAL)
    return sums


@cache
def _behind_a_lane() -> list[list[int]]:
    """What a lane of zeros makes of a sum, for each of its four bytes."""
    sums = np.arange(256, dtype=np.uint32) << 8 * np.arange(4, dtype=np.uint32)[:, None]
    for _ in range(LANE_BYTES):
        sums = _step(sums, 0)
    by_byte: list[list[int]] = sums.tolist()
    return by_byte
