"""Reads the file of a training state, whoever wrote it.

The file is a zip archive of a pickle and of plain numbers. Of the pickle nothing is
built but dictionaries, numbers and tensors: torch's own ``weights_only`` refuses what
runs code, and before it is asked, the archive must be whole and the pickle must name
nothing that a state of ours does not.
"""

import errno
import json
import pickletools
import zipfile
from pathlib import Path
from typing import Any

import torch

# What a pickle of ours names. Others that torch deems safe allocate what they are told.
KNOWN_NAMES = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch FloatStorage",
    "torch LongStorage",
}
OTHER_WAYS_TO_NAME = ("INST", "EXT1", "EXT2", "EXT4")
PICKLE_NAME = "data.pkl"
KINDS: dict[str, type | tuple[type, ...]] = {
    "version": int,
    "step": int,
    "seconds": (int, float),
    "digest": str,
    "options": str,
    "network": dict,
    "optimiser": dict,
    "average": (dict, type(None)),
}
# What the machine refuses, whatever is in the file.
NOT_THE_FILE = {
    *(errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE),
    *(errno.ESTALE, errno.ETIMEDOUT),
}
REMEDY = (
    "Was the disk full, the file cut off, or is it from somebody else? Remove it to go "
    "on from the state before it."
)


def read_state(path: Path) -> dict[str, Any]:
    """Read a training state on the CPU; nothing in it is executed.

    Raises:
        ValueError: It is truncated, damaged, no state, or names what could run code.
        OSError, MemoryError: The machine does not let us read it, or not now.
    """
    try:
        _check_archive(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
        _check_content(content)
    except MemoryError:
        raise
    # a pickle made to do harm may raise any exception
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NOT_THE_FILE:
            raise
        raise ValueError(
            f"{path} is not a training state, or damaged "
            f"({str(error).strip().partition(chr(10))[0] or type(error).__name__}). "
            f"{REMEDY}"
        ) from error
    state: dict[str, Any] = content
    return state


def _check_archive(path: Path) -> None:
    """Raise unless every byte is as it was written, and the pickle names only ours."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("its parts are compressed: this program writes none such")
        if sum(entry.file_size for entry in entries) > path.stat().st_size:
            raise ValueError("its parts are larger than the file")
        if damaged := archive.testzip():
            raise ValueError(f"its part {damaged} does not match its checksum")
        pickles = [e for e in entries if e.filename.endswith(PICKLE_NAME)]
        if len(pickles) != 1:
            raise ValueError(f"it has {len(pickles)} parts named {PICKLE_NAME}")
        _check_names(archive.read(pickles[0]))


def _check_names(pickled: bytes) -> None:
    """Raise if a pickle names anything unknown; it is read as text, not run."""
    for opcode, argument, _ in pickletools.genops(pickled):
        names = opcode.name.endswith("GLOBAL") or opcode.name in OTHER_WAYS_TO_NAME
        if names and argument not in KNOWN_NAMES:
            name = argument if isinstance(argument, str) else opcode.name
            raise ValueError(f"it names {name!r}, which is no part of a state")


def _check_content(content: object) -> None:
    if not isinstance(content, dict):
        raise TypeError(f"it holds a {type(content).__name__}")
    wrong = [
        name for name, kind in KINDS.items() if not isinstance(content.get(name), kind)
    ]
    if wrong:
        raise TypeError(f"its {', '.join(wrong)} is missing or of another type")
    if not isinstance(json.loads(content["options"]), dict):
        raise TypeError("its options are not a mapping")
