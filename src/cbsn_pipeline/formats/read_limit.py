"""How large what a file holds may be: asked before memory is spent on it.

A few kilobytes can claim, or be inflated to, any size. The limit is far above what the
data sets hold (SIDD's blocks: 252 MB; a DND image in double precision: 0.9 GB) and
above panoramas of 500 megapixels in 16 bits (3 GB).
"""

import math
import os
from pathlib import Path

from kedro.io import DatasetError

from cbsn_pipeline.host_memory import available_memory

GIB = 2**30
DEFAULT_LIMIT = 4 * GIB
VARIABLE = "CBSN_READ_LIMIT"  # of the environment: another limit, in bytes
UNREMARKABLE = 256 * 2**20  # bytes that every machine has: not worth a look
COPIES = 2  # of an image or array that are in memory while it is read
MOST_DIGITS = 20


def read_limit() -> int:
    """Bytes that one image or array may take once it is decoded.

    Raises:
        DatasetError: The environment names no number of bytes.
    """
    text = os.environ.get(VARIABLE, str(DEFAULT_LIMIT))
    if not text.isdecimal():
        raise DatasetError(
            f"The environment variable {VARIABLE} is {text!r}; expected a number of "
            f"bytes, such as {DEFAULT_LIMIT} (4 GiB, the default)."
        )
    return int(text)


def check_decoded_size(size: int, *, path: Path, what: str) -> None:
    """Raise if what a file declares is larger than the limit or than the memory.

    Args:
        size: Bytes that it would take, decoded.
        path: The file.
        what: What in it, and how large, for the message.

    Raises:
        DatasetError: If it is too large.
    """
    if size > (limit := read_limit()):
        raise DatasetError(
            f"{path}: {what} would take {in_gib(size)} decoded; at most "
            f"{in_gib(limit)} are read. Is the file damaged, or made to fill the "
            f"memory? If it really is that large, set the environment variable "
            f"{VARIABLE}, in bytes, to more."
        )
    if size > UNREMARKABLE and COPIES * size > (free := available_memory()):
        raise DatasetError(
            f"{path}: {what} would take {in_gib(size)} decoded, and as much again "
            f"while it is read; {in_gib(free)} of memory are free. Close other "
            "programs, or use a machine with more memory."
        )


def in_gib(size: int) -> str:
    """Spell a number of bytes.

    >>> in_gib(3 * 2**29)
    '1.50 GiB'
    """
    digits = int(math.log10(size)) if size else 0
    return f"{size / GIB:,.2f} GiB" if digits < MOST_DIGITS else f"1e{digits} bytes"
