"""What the bytes of a PNG, JPEG or TIFF file declare, found without decoding them.

Decoders believe what a file says of its size, and some return a truncated image as if
it were whole. The structure is therefore walked to its end first: a file that is not
all there, or declares more pixels than its bytes can hold, is never decoded.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

CHANNELS = 3  # of what is decoded
MOST_INFLATION = 1100  # deflate makes at most 1032 bytes of one
MOST_JPEG_PIXELS_PER_BYTE = 2048  # a block of 64 pixels takes a bit at the very least
MOST_SCANS = 100  # of a progressive JPEG; each is a pass over the whole image
MOST_STRIPS = 4_000_000


class Declared(NamedTuple):
    """What a file says it holds.

    Attributes:
        height: In pixels.
        width: In pixels.
        bytes_per_value: 1 for 8 bits, 2 for 16, more for what is refused later.
    """

    height: int
    width: int
    bytes_per_value: int

    @property
    def num_bytes(self) -> int:
        """Size as RGB, decoded."""
        return self.height * self.width * CHANNELS * self.bytes_per_value


def read_structure(content: bytes) -> Declared | None:
    """Walk the structure of an image to its end.

    Args:
        content: The whole file.

    Returns:
        What it declares; None if it is none of the three formats.

    Raises:
        ValueError: It is truncated or damaged, or declares what it cannot hold.
    """
    try:
        if content.startswith(PNG):
            return _read_png(content)
        if content.startswith(JPEG):
            return _read_jpeg(content)
        if content.startswith(TIFF):
            return _TiffDirectory(content).declared()
    except (struct.error, OverflowError):  # an offset beyond the file, or any file
        raise ValueError("a part of its structure is cut off") from None
    return None


def has_separate_planes(content: bytes) -> bool:
    """Whether a TIFF stores each colour in a plane of its own."""
    return _TiffDirectory(content).number(_PLANAR, 1) == _SEPARATE


def _read_png(content: bytes) -> Declared:
    """Check every chunk against its checksum, IEND last; read IHDR."""
    declared, packed = None, 0
    for kind, data in _png_chunks(content):
        if kind == b"IHDR" and declared is None:
            width, height, depth, colour = struct.unpack_from(">IIBB", data)
            channels = _PNG_CHANNELS.get(colour, 4)
            declared = Declared(height, width, 2 if depth > 8 else 1)  # noqa: PLR2004
        elif kind == b"IDAT":
            packed += len(data)
    if declared is None:
        raise ValueError("it has no header (IHDR)")
    _check_sides(declared)
    needed = declared.height * (1 + declared.width * channels * depth // 8)
    if needed > packed * MOST_INFLATION:
        raise ValueError(_too_large(declared, packed))
    return declared


_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    position, kind, view = len(PNG), b"", memoryview(content)
    while kind != b"IEND":
        if position + 12 > len(content):
            raise ValueError("its last chunk, IEND, is missing")
        (length,) = struct.unpack_from(">I", content, position)
        kind = content[position + 4 : position + 8]
        end = position + 8 + length
        if end + 4 > len(content):
            raise ValueError(f"its chunk {kind!r} is cut off")
        (checksum,) = struct.unpack_from(">I", content, end)
        if zlib.crc32(view[position + 4 : end]) != checksum:
            raise ValueError(f"its chunk {kind!r} does not match its checksum")
        yield kind, view[position + 8 : end]
        position = end + 4


# Inside the entropy-coded data 0xFF is followed by 0 or a restart mark (D0..D7).
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SOS, _EOI = 0xDA, 0xD9
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those are tables


def _read_jpeg(content: bytes) -> Declared:
    """Find the frame, and the marker that ends the image, EOI.

    Segments are stepped over by their length: an embedded preview has an EOI too.
    """
    position, declared, scans = 2, None, 0
    while match := _NEXT_MARKER.search(content, position):
        marker = content[match.start() + 1]
        if marker == _EOI:
            break
        if match.end() + 2 > len(content):
            raise ValueError("the mark of its end, EOI, is missing")
        (length,) = struct.unpack_from(">H", content, match.end())
        if marker in _FRAMES:
            depth, height, width = struct.unpack_from(">BHH", content, match.end() + 2)
            if declared is not None:
                raise ValueError("it holds two frames")
            declared = Declared(height, width, 2 if depth > 8 else 1)  # noqa: PLR2004
        scans += marker == _SOS
        position = match.end() + length
    else:
        raise ValueError("the mark of its end, EOI, is missing")
    if declared is None or not scans:
        raise ValueError("it has no frame or no scan")
    _check_sides(declared)
    if scans > MOST_SCANS:
        raise ValueError(f"it has {scans} scans, {MOST_SCANS} are plenty")
    if declared.height * declared.width > len(content) * MOST_JPEG_PIXELS_PER_BYTE:
        raise ValueError(_too_large(declared, len(content)))
    return declared


_WIDTH, _HEIGHT, _BITS, _SAMPLES, _PLANAR = 256, 257, 258, 277, 284
_COMPRESSION = 259
_STRIPS, _TILES = (273, 279), (324, 325)  # offsets and byte counts
_TILE_SIZE = (322, 323)
_SEPARATE = 2
_UNCOMPRESSED = 1
_TIFF_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}


class _TiffDirectory:
    """The first directory of a TIFF or BigTIFF file: tags and their numbers."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._order = "<" if content.startswith(b"II") else ">"
        self._is_big = b"+" in content[:4]
        self._entries = dict(self._read_entries())

    def declared(self) -> Declared:
        """Say what the image is, once all of its pieces are known to be there."""
        width, height = self.number(_WIDTH), self.number(_HEIGHT)
        bits = max(self.numbers(_BITS) or [1])
        declared = Declared(height, width, -(-bits // 8))
        _check_sides(declared)
        tile = [self.number(tag, 1) for tag in _TILE_SIZE]
        if tile[0] > 2 * width + 4096 or tile[1] > 2 * height + 4096:
            raise ValueError(f"its tiles of {tile[0]} x {tile[1]} are larger than it")
        self._check_pieces(declared, bits)
        return declared

    def number(self, tag: int, default: int = 0) -> int:
        """Give the first number of a tag."""
        return (self.numbers(tag) or [default])[0]

    def numbers(self, tag: int) -> list[int]:
        """Give the whole numbers of a tag; none if it is missing or holds others."""
        kind, count, place = self._entries.get(tag, (0, 0, 0))
        if kind not in _TIFF_TYPES or count > MOST_STRIPS:
            return []
        form = f"{self._order}{count}{_TIFF_TYPES[kind]}"
        if struct.calcsize(form) > (8 if self._is_big else 4):
            place = self._unpack("Q" if self._is_big else "I", place)
        return list(struct.unpack_from(form, self._content, place))

    def _read_entries(self) -> Iterator[tuple[int, tuple[int, int, int]]]:
        """Give tag, type, count and the place of the value, or of its offset."""
        word, count, size = ("Q", "Q", 20) if self._is_big else ("I", "H", 12)
        start = self._unpack(word, 8 if self._is_big else 4)
        first = start + struct.calcsize(count)
        for index in range(min(self._unpack(count, start), 1 << 16)):
            place = first + index * size
            tag, kind = struct.unpack_from(f"{self._order}HH", self._content, place)
            yield (
                tag,
                (
                    kind,
                    self._unpack(word, place + 4),
                    place + size - (8 if self._is_big else 4),
                ),
            )

    def _unpack(self, form: str, place: int) -> int:
        (number,) = struct.unpack_from(f"{self._order}{form}", self._content, place)
        return int(number)

    def _check_pieces(self, declared: Declared, bits: int) -> None:
        """Raise unless every strip or tile lies in the file."""
        tags = _TILES if _TILES[0] in self._entries else _STRIPS
        offsets, counts = (self.numbers(tag) for tag in tags)
        if not offsets or len(offsets) != len(counts):
            raise ValueError("its list of strips or tiles is missing or damaged")
        if any(
            o + n > len(self._content) for o, n in zip(offsets, counts, strict=True)
        ):
            raise ValueError("its strips or tiles reach beyond the end of the file")
        pixels = declared.height * declared.width
        needed = pixels * self.number(_SAMPLES, 1) * bits // 8
        if self.number(_COMPRESSION, 1) == _UNCOMPRESSED and sum(counts) < needed:
            raise ValueError(_too_large(declared, sum(counts)))


def _check_sides(declared: Declared) -> None:
    if not declared.height or not declared.width:
        raise ValueError(f"it declares {declared.width} x {declared.height} pixels")


def _too_large(declared: Declared, num_bytes: int) -> str:
    return (
        f"it declares {declared.width} x {declared.height} pixels, and has "
        f"{num_bytes:,} bytes for them: too few, however they are compressed"
    )
