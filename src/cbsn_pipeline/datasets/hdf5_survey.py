"""Finds out, in a process of its own, what an HDF5 file holds and where.

The HDF5 library crashes on some damaged files, runs for ever on others, and follows
links out of a file. Here it may: :mod:`cbsn_pipeline.datasets.hdf5_file` starts this
program, asks it line by line, and sees it die. While a file is surveyed the process can
open no second one, and has a limit of memory.

Nothing of this project is imported by name here but what is as light.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MEMORY = 2**30  # bytes beyond what the libraries take
MOST_OBJECTS = 10_000
MOST_NUMBERS = 1_000_000  # of an array that is handed over in an answer
SHUFFLE, DEFLATE, LZF = 2, 1, 32000
FILTERS = {SHUFFLE: "shuffle", DEFLATE: "deflate", LZF: "lzf"}
PLAIN_KINDS = "uif"

Facts = dict[str, Any]


class NotRead(Exception):  # noqa: N818  an answer more than an error
    """The file is whole, and holds what is not read on purpose."""


def survey(file: Any) -> dict[str, Facts]:  # noqa: ANN401
    """Describe every array at the root of a file: how large, and where it is.

    Raises:
        NotRead: Something in it leads to another file.
    """
    import h5py

    found = {}
    for name in _names(file):
        item = file[name]
        if isinstance(item, h5py.Dataset):
            found[name] = _describe(name, item)
    return found


def _names(group: Any) -> Iterator[str]:  # noqa: ANN401
    """Give the names in a group; none is opened, for a link may lead anywhere."""
    import h5py

    links = group.id.links
    if len(group) > MOST_OBJECTS:
        raise NotRead(f"it holds {len(group):,} objects; at most {MOST_OBJECTS:,}")
    for name in group.id:
        kind = links.get_info(name).type
        if kind != h5py.h5l.TYPE_HARD:
            word = (
                "a link to another file" if kind == h5py.h5l.TYPE_EXTERNAL else "a link"
            )
            raise NotRead(f"{name.decode('utf-8', 'replace')!r} is {word}")
        yield name.decode("utf-8")


def _describe(name: str, array: Any) -> Facts:  # noqa: ANN401
    """Say type, shape and place of an array without reading it."""
    import h5py

    plist = array.id.get_create_plist()
    layout = plist.get_layout()
    if layout == h5py.h5d.VIRTUAL:
        raise NotRead(f"{name!r} is virtual: its values are in other files")
    if plist.get_external_count():
        raise NotRead(f"the values of {name!r} are stored in other files")
    facts: Facts = {"shape": array.shape or (), "dtype": str(array.dtype)}
    if array.dtype.kind not in PLAIN_KINDS or array.shape is None:
        return facts
    facts["dtype"] = array.dtype.str
    facts["filters"] = [_filter_name(plist, i) for i in range(plist.get_nfilters())]
    if layout == h5py.h5d.CHUNKED:
        facts |= {"chunk_shape": array.chunks, "chunks": _chunks(array)}
    elif layout == h5py.h5d.CONTIGUOUS:
        facts["offset"] = array.id.get_offset()
    else:  # within the description itself: at most 64 KB
        facts["values"] = array[()].tobytes().hex()
    return facts


def _filter_name(plist: Any, number: int) -> str:  # noqa: ANN401
    code = plist.get_filter(number)[0]
    return FILTERS.get(code, f"number {code}")


def _chunks(array: Any) -> list[list[int]]:  # noqa: ANN401
    """List origin, place, length and filters left out of every stored chunk."""
    found: list[list[int]] = []

    def note(chunk: Any) -> None:  # noqa: ANN401
        place = (chunk.byte_offset, chunk.size, chunk.filter_mask)
        found.append([*chunk.chunk_offset, *place])

    array.id.chunk_iter(note)
    return found


def dnd_info(file: Any) -> Facts:  # noqa: ANN401
    """Read boxes and cameras of DND's ``info.mat``, one reference per image."""
    import numpy as np

    info = _child(file, "info")
    boxes = [
        _small_array(file[reference]).T.tolist()
        for reference in _references(info, "boundingboxes")
    ]
    cameras = [
        "".join(chr(code) for code in np.ravel(_small_array(_child(file[r], "type"))))
        for r in _references(info, "camera")
    ]
    return {"boxes": boxes, "cameras": cameras}


def patches(file: Any) -> Facts:  # noqa: ANN401
    """Read what a file of patches says of itself, and survey its arrays."""
    attributes = {
        name: _plain(file.attrs[name])
        for name in (
            "complete",
            "format_version",
            "fingerprint",
            "digest",
            "kind",
            "options",
        )
        if name in file.attrs
    }
    if not attributes.get("complete"):
        return {"attributes": attributes}
    arrays = survey(file)
    names = file["image_names"] if "image_names" in arrays else None
    if names is None or names.ndim != 1 or names.size > MOST_NUMBERS:
        raise NotRead("its list of image names is missing or too long")
    provenance = _small_array(file["provenance"]) if "provenance" in arrays else None
    return {
        "attributes": attributes,
        "arrays": arrays,
        "image_names": [str(name) for name in names.asstr()[:]],
        "provenance": None if provenance is None else provenance.tolist(),
    }


def _child(group: Any, name: str) -> Any:  # noqa: ANN401
    if name not in list(_names(group)):
        raise ValueError(f"it has no {name!r}")
    return group[name]


def _references(group: Any, name: str) -> Any:  # noqa: ANN401
    import h5py
    import numpy as np

    array = _child(group, name)
    if h5py.check_ref_dtype(array.dtype) is not h5py.Reference:
        raise NotRead(f"{name!r} holds no references to objects")
    _describe(name, array)
    if array.size > MOST_OBJECTS:
        raise NotRead(f"{name!r} lists {array.size:,} images")
    return np.ravel(array[()])


def _small_array(array: Any) -> Any:  # noqa: ANN401
    """Read an array of a few numbers."""
    facts = _describe(str(array.name), array)
    if array.dtype.kind not in PLAIN_KINDS or array.size > 3 * MOST_NUMBERS:
        raise NotRead(f"{array.name!r} is {facts['dtype']} of shape {array.shape}")
    return array[()]


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.item() if hasattr(value, "item") else value


QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "survey": survey,
    "dnd_info": dnd_info,
    "patches": patches,
}


def answer(question: str, path: str) -> dict[str, Any]:
    """Answer one question about one file: ``facts``, ``not_read`` or ``damage``."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file, _no_other_file():
            return {"facts": QUESTIONS[question](file)}
    except NotRead as refusal:
        return {"not_read": str(refusal)}
    except Exception as error:  # noqa: BLE001  the library has any for a damaged file
        return {"damage": str(error) or type(error).__name__}


@contextmanager
def _no_other_file() -> Iterator[None]:
    """Let the process open no more files than it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.dup(0)  # the lowest number that is free: none above it is
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _limit_memory() -> None:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return  # not Linux: the address space cannot be limited reliably
    taken = int(statm.read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, hard))


def main() -> None:
    """Answer questions, a line each, until there are no more."""
    import h5py  # noqa: F401  what it takes is not counted as the file's
    import numpy as np  # noqa: F401

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit_memory()
    for line in sys.stdin:
        question, path = json.loads(line)
        answers.write(json.dumps(answer(question, path)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
