"""Numbers and messages as protocol buffers write them, without their descriptions.

Source:
    "Encoding", protocol buffers' documentation.
"""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SIZES = {FIXED64: 8, FIXED32: 4}
MOST_VARINT_BYTES = 10
ALL_ONES = 2**64 - 1


class Cursor:
    """Bytes that are read from the front.

    Args:
        content: All of them.
    """

    def __init__(self, content: bytes) -> None:
        self._content, self._position = content, 0

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left."""
        return self._position == len(self._content)

    def take(self, size: int) -> bytes:
        """Read exactly so many bytes.

        Raises:
            ValueError: There are fewer.
        """
        taken = self._content[self._position : self._position + size]
        if len(taken) != size:
            raise ValueError(f"{size:,} bytes should follow where {len(taken):,} do")
        self._position += size
        return taken

    def varint(self) -> int:
        """Read a whole number of 0..2^64 - 1.

        Raises:
            ValueError: It does not end.
        """
        number = 0
        for place in range(MOST_VARINT_BYTES):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << 7 * place
            if byte < 0x80:  # noqa: PLR2004 - the highest bit: another byte follows
                return number & ALL_ONES
        raise ValueError("a number does not end")


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give number and content of every field of a message, in its order.

    Raises:
        ValueError: It is cut off, or no message.
    """
    cursor = Cursor(message)
    while not cursor.is_at_end:
        tag = cursor.varint()
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            yield number, cursor.varint()
        elif kind == BYTES:
            yield number, cursor.take(cursor.varint())
        elif kind in SIZES:
            yield number, int.from_bytes(cursor.take(SIZES[kind]), "little")
        else:
            raise ValueError(f"a field is of the unknown kind {kind}")
