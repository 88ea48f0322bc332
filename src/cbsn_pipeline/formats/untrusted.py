"""Reads files that nobody vouches for, with errors for people."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kedro.io import DatasetError

from cbsn_pipeline.files.isolated import Damaged, NotRead, call

R = TypeVar("R")


class NotReadError(DatasetError):
    """A whole file that holds what is not read on purpose."""


def read_untrusted(
    function: Callable[..., R],
    path: Path,
    *arguments: Any,  # noqa: ANN401
    damaged: str,
    memory: int = 0,
) -> R:
    """Call a reader in a process of its own; see :mod:`~cbsn_pipeline.files.isolated`.

    Args:
        function: Takes the path and the arguments.
        path: The file.
        arguments: Of what JSON can hold.
        damaged: What to say behind the path of a damaged file; ``{}`` is the detail.
        memory: Bytes that what is read takes.

    Raises:
        NotReadError: The file is whole, but of a kind that is not read.
        DatasetError: It is damaged, or crashes the library.
        OSError: It cannot be opened.
    """
    path.open("rb").close()  # permissions and disks are not the file's fault
    try:
        return call(function, path, *arguments, memory=memory)
    except NotRead as refusal:
        raise NotReadError(f"{path} is not read: {refusal}.") from None
    except Damaged as damage:
        raise DatasetError(f"{path} {damaged.format(damage)}") from None
