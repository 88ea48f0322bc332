"""Lines of a text file that may be huge, compressed, damaged or no text at all."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kedro.io import DatasetError

GZIP_MARK = b"\x1f\x8b"
ZIP_MARK = b"PK\x03\x04"
READ_ERRORS = (  # what damaged files raise
    *(OSError, EOFError, ValueError, zlib.error),
    *(zipfile.BadZipFile, RuntimeError, NotImplementedError),
)


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, or the only file in a gzip or zip, without unpacking it.

    Raises:
        DatasetError: A zip holds no or several files.
    """
    with path.open("rb") as plain:
        mark = plain.read(4)
        plain.seek(0)
        if mark.startswith(GZIP_MARK):
            with gzip.open(plain) as unpacked:
                yield unpacked  # type: ignore[misc]
        elif mark == ZIP_MARK:
            with (
                zipfile.ZipFile(plain) as archive,
                archive.open(_only_member(archive, path)) as unpacked,
            ):
                yield unpacked
        else:
            yield plain


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if is_content(m.filename)]
    if len(members) != 1:
        names = ", ".join(member.filename for member in members[:5]) or "none"
        raise DatasetError(
            f"{path} holds {len(members)} files ({names}); expected one, the CSV file "
            "of a submission. Zip that file alone."
        )
    return members[0]


def is_content(name: str) -> bool:
    """Whether a member of a zip is a file, and not a folder or a system's own note."""
    return not name.endswith("/") and not name.startswith("__MACOSX/")


def read_lines(
    stream: IO[bytes], *, longest: int, most: int
) -> Iterator[tuple[int, bytes]]:
    """Read lines one at a time, with their number from 1, without their ends.

    A line with an open quote goes on in the next one. Empty lines are left out.

    Args:
        stream: As :func:`open_bytes` gives it.
        longest: Bytes of a line; longer ones are refused.
        most: Bytes in all; what goes on longer is refused.

    Raises:
        DatasetError: A line, or the whole, is too long.
    """
    number = total = 0
    while True:
        first = number + 1
        line, quotes = bytearray(), 0
        while True:
            part = stream.readline(longest + 1)
            number += 1
            total += len(part)
            line += part
            quotes += part.count(b'"')
            if len(line) > longest:
                raise DatasetError(
                    f"line {first} is longer than {longest:,} bytes; a block of this "
                    "submission takes less even as float64. Is an end of line or a "
                    "closing quote missing, or is it no CSV file?"
                )
            if total > most:
                raise DatasetError(
                    f"it goes on after {most:,} bytes, far more than the submission "
                    "has. Is it another file?"
                )
            if quotes % 2 == 0:
                break
            if not part:
                raise DatasetError(f"the quote opened in line {first} is never closed.")
        if not line:
            return
        text = bytes(line).rstrip(b"\r\n")
        if text:
            yield first, text
