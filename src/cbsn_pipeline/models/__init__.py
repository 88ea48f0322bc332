"""Weights that come with the program, by name; each has a card beside it.

Example:
    >>> from cbsn_pipeline import models
    >>> models.names()
    ('sidd_small',)
    >>> denoiser = models.load("sidd_small")
"""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbsn_pipeline.cbsn.denoiser import Denoiser

SUFFIX = ".safetensors"
CHECKSUMS = "SHA256SUMS"  # as ``sha256sum`` writes and checks them


def names() -> tuple[str, ...]:
    """Name the weights that are there."""
    return tuple(sorted(path.stem for path in _folder().glob(f"*{SUFFIX}")))


def find(name: str) -> Path:
    """Say where the file of some weights is.

    Args:
        name: One of :func:`names`, or a path that ends in ``.safetensors``, which is
            given back as it is.

    Raises:
        ValueError: There are none of that name, or the file was damaged.
    """
    if name.endswith(SUFFIX):
        return Path(name)
    if name not in names():
        raise ValueError(
            f"There are no weights named {name!r}; those that come with cbsn_pipeline "
            f"are {', '.join(names()) or 'not installed'}, and a file of your own ends "
            f"in {SUFFIX}."
        )
    path = _folder() / f"{name}{SUFFIX}"
    expected = _checksums().get(path.name)
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ValueError(
            f"{path} does not match its checksum in {CHECKSUMS}: it was damaged or "
            "changed. Install cbsn_pipeline again."
        )
    return path


def load(name: str, *, device: str = "cpu") -> "Denoiser":
    """Load a denoiser by the name of its weights.

    Args:
        name: One of :func:`names`, or a file.
        device: As torch names it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: There are none of that name, or the file was damaged.
    """
    from cbsn_pipeline.cbsn.denoiser import Denoiser  # noqa: PLC0415 - torch is slow

    return Denoiser.load(find(name), device=device)


def _folder() -> Path:
    return Path(str(files(__name__)))


def _checksums() -> dict[str, str]:
    lines = (_folder() / CHECKSUMS).read_text(encoding="ascii").split("\n")
    return {name: digest for digest, name in (line.split() for line in lines if line)}
