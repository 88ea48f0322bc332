"""Reads HDF5 files; runs in the process of :mod:`..files.isolated`.

The library follows links out of a file: while one is read, this process can open no
second one. Pieces that were never written would be read as zeros: all must be there.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.files.isolated import Damaged, NotRead

MOST_OBJECTS = 10_000
MOST_NUMBERS = 1_000_000  # of an array that is handed over as facts
NUMERIC = "uif"
FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}  # without a plugin
PLAIN = (
    "Expected plain arrays that are stored in the file itself, as MATLAB and this "
    "program write them. Who made the file? Fetch it again from where docs/data.md says"
)


def list_arrays(path: Path) -> list[tuple[str, tuple[int, ...], str]]:
    """List name, shape in MATLAB's order and type of every array at the root.

    Raises:
        NotRead: Something at the root leads to another file.
    """
    with _opened(path) as file:
        return [
            (name, (array.shape or ())[::-1], str(array.dtype))
            for name, array in _arrays(file).items()
        ]


def read_array(path: Path, name: str, dtype: str | None) -> NDArray[Any]:
    """Read one array at the root, in HDF5's order of axes.

    Args:
        path: The file.
        name: The array.
        dtype: Convert to this type while reading; None keeps what is stored.

    Raises:
        NotRead: It is stored by a filter that would load a plugin.
        Damaged: Not all of it is there.
    """
    with _opened(path) as file:
        array = _arrays(file)[name]
        check_written(array)
        stored = array.dtype.newbyteorder("=")
        values: NDArray[Any] = array.astype(dtype or stored)[()]
        return values


def read_dnd_info(path: Path) -> tuple[list[Any], list[str]]:
    """Read the boxes and the camera of each image from DND's ``info.mat``."""
    with _opened(path) as file:
        info = _child(file, "info")
        boxes = [
            _small_array(file[reference]).T.tolist()
            for reference in _references(info, "boundingboxes")
        ]
        cameras = [
            "".join(map(chr, np.ravel(_small_array(_child(file[r], "type")))))
            for r in _references(info, "camera")
        ]
        return boxes, cameras


def read_patches_facts(path: Path, names: list[str]) -> dict[str, Any]:
    """Read all but the pixels of a file of patches.

    Args:
        path: The file.
        names: Of the attributes to read.
    """
    with _opened(path) as file:
        arrays = _arrays(file)
        if arrays.keys() < {"patches", "provenance", "image_names"}:
            raise Damaged(f"it has the arrays {', '.join(arrays) or 'none'}")
        patches, images = arrays["patches"], arrays["image_names"]
        if images.size > MOST_NUMBERS:
            raise NotRead(f"it names {images.size:,} images")
        check_written(patches)
        return {
            "attributes": {n: _plain(file.attrs[n]) for n in names if n in file.attrs},
            "shape": patches.shape,
            "dtype": str(patches.dtype),
            "chunk_shape": patches.chunks,
            "provenance": _small_array(arrays["provenance"]).tolist(),
            "image_names": [str(name) for name in images.asstr()[:]],
        }


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import h5py

    with h5py.File(path, "r", locking=False) as file, no_other_file():
        yield file


@contextmanager
def no_other_file() -> Iterator[None]:
    """Let the process open no more files than it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = os.dup(0)  # the lowest number that is free: none above it is
    os.close(highest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _arrays(file: Any) -> dict[str, Any]:  # noqa: ANN401
    import h5py

    objects = {name: file[name] for name in _names(file)}
    return {
        name: _checked(item)
        for name, item in objects.items()
        if isinstance(item, h5py.Dataset)
    }


def _names(group: Any) -> Iterator[str]:  # noqa: ANN401
    """Give the names in a group; none is opened, for a link may lead anywhere."""
    import h5py

    if len(group) > MOST_OBJECTS:
        raise NotRead(f"it holds {len(group):,} objects; at most {MOST_OBJECTS:,}")
    for name in group.id:
        kind = group.id.links.get_info(name).type
        if kind != h5py.h5l.TYPE_HARD:
            external = kind == h5py.h5l.TYPE_EXTERNAL
            word = "a link to another file" if external else "a link"
            raise NotRead(f"{name.decode('utf-8', 'replace')!r} is {word}. {PLAIN}")
        yield name.decode("utf-8")


def _checked(array: Any) -> Any:  # noqa: ANN401
    """Raise NotRead for an array whose values are in other files."""
    if array.is_virtual or array.external:
        raise NotRead(f"the values of {_name(array)} are in other files. {PLAIN}")
    return array


def check_written(array: Any) -> None:  # noqa: ANN401
    """Raise unless every piece of an array was written, by a filter that is known.

    Raises:
        NotRead: A filter is another one.
        Damaged: A piece is missing, or not where it belongs.
    """
    plist = array.id.get_create_plist()
    for number in range(plist.get_nfilters()):
        if (code := plist.get_filter(number)[0]) not in FILTERS:
            raise NotRead(
                f"{_name(array)} is stored with the filter number {code}; "
                f"{', '.join(FILTERS.values())} or none are read. Save it again so"
            )
    if array.chunks is None:
        compact = plist.get_layout() == 0
        if array.size and not compact and array.id.get_offset() is None:
            raise Damaged("its values were never written")
        return
    steps = zip(array.shape, array.chunks, strict=True)
    origins = list(product(*(range(0, extent, step) for extent, step in steps)))
    found: set[tuple[int, ...]] = set()
    array.id.chunk_iter(lambda chunk: found.add(tuple(chunk.chunk_offset)))
    if found != set(origins):
        raise Damaged(
            f"{len(found.intersection(origins)):,} of its {len(origins):,} pieces were "
            "written"
        )


def _child(group: Any, name: str) -> Any:  # noqa: ANN401
    if name not in list(_names(group)):
        raise Damaged(f"it has no {name!r}")
    return group[name]


def _references(group: Any, name: str) -> Any:  # noqa: ANN401
    import h5py

    array = _checked(_child(group, name))
    if h5py.check_ref_dtype(array.dtype) is not h5py.Reference:
        raise NotRead(f"{name!r} holds no references to objects. {PLAIN}")
    if array.size > MOST_OBJECTS:
        raise NotRead(f"{name!r} lists {array.size:,} images")
    return np.ravel(array[()])


def _small_array(array: Any) -> Any:  # noqa: ANN401
    """Read an array of a few numbers."""
    _checked(array)
    if array.dtype.kind not in NUMERIC or array.size > 3 * MOST_NUMBERS:
        raise NotRead(f"{_name(array)} is {array.dtype} of shape {array.shape}")
    return array[()]


def _name(array: Any) -> str:  # noqa: ANN401
    return repr(array.name.lstrip("/"))


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.item() if hasattr(value, "item") else value
