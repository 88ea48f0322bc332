"""The file of a denoiser: safetensors, with options and provenance in its header."""

import json
from pathlib import Path
from typing import NamedTuple

import torch
from pydantic import ValidationError
from torch import Tensor

from cbsn_pipeline.cbsn.network import CBSN
from cbsn_pipeline.cbsn.options import NetworkOptions, UNetOptions
from cbsn_pipeline.cbsn.provenance import Provenance
from cbsn_pipeline.cbsn.unet import UNet
from cbsn_pipeline.files.atomic import write_file

FORMAT = "cbsn-denoiser"
FORMAT_VERSION = 2  # the newest that is read
# A program that knows no students is told to upgrade, and reads all others.
VERSION_OF = {"cbsn": 1, "unet": 2}
_OPTIONS_OF: dict[str, type[NetworkOptions] | type[UNetOptions]] = {
    "cbsn": NetworkOptions,
    "unet": UNetOptions,
}
AVERAGE = "average."  # prefix of the averaged weights


class DenoiserContent(NamedTuple):
    """What is in the file."""

    net: CBSN | UNet
    average: CBSN | UNet | None
    """The same network with averaged weights, where training kept some."""
    provenance: Provenance


def write_denoiser(path: Path, content: DenoiserContent) -> None:
    """Write a file that appears under its name only when it is complete.

    Args:
        path: Folders on the way to it are made.
        content: What to write.
    """
    from safetensors.torch import save as serialise  # training does without

    net, average, provenance = content
    architecture = "unet" if isinstance(net, UNet) else "cbsn"
    metadata = {
        "format": FORMAT,
        "version": str(VERSION_OF[architecture]),
        "architecture": architecture,
        "network": net.options.model_dump_json(),
        # what does not apply is left out: older programs know fewer fields
        "provenance": provenance.model_dump_json(exclude_defaults=True),
    }
    weights = _to_host(net)
    if average is not None:
        averaged = _to_host(average).items()
        weights |= {f"{AVERAGE}{name}": tensor for name, tensor in averaged}
    with write_file(path) as partial:
        partial.write_bytes(serialise(weights, metadata))


def read_denoiser(path: Path) -> DenoiserContent:
    """Read what :func:`write_denoiser` wrote; networks are on the CPU.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is truncated, no denoiser, or of a newer version.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist: expected a denoiser saved by training. "
            "Train one first (kedro run --pipelines=train)."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a readable safetensors file ({error}): expected a "
            "denoiser saved by training. Was the copy cut short? Copy it again."
        ) from error
    options, provenance = _from_metadata(path, metadata)
    averaged = {
        name.removeprefix(AVERAGE): tensor
        for name, tensor in weights.items()
        if name.startswith(AVERAGE)
    }
    raw = {n: tensor for n, tensor in weights.items() if not n.startswith(AVERAGE)}
    net = _with_weights(options, raw, path)
    average = _with_weights(options, averaged, path) if averaged else None
    return DenoiserContent(net, average, provenance)


def _to_host(net: CBSN | UNet) -> dict[str, Tensor]:
    weights = net.state_dict().items()
    return {name: tensor.detach().cpu().contiguous() for name, tensor in weights}


def _from_metadata(
    path: Path, metadata: dict[str, str]
) -> tuple[NetworkOptions | UNetOptions, Provenance]:
    if metadata.get("format") != FORMAT:
        raise ValueError(
            f"{path} holds weights but is not a denoiser of this project: its metadata "
            f"says format {metadata.get('format')!r}, expected {FORMAT!r}."
        )
    version = metadata.get("version", "")
    if not version.isdecimal() or int(version) > FORMAT_VERSION:
        raise ValueError(
            f"{path} is a denoiser of format version {version or 'unknown'}; this "
            f"cbsn_pipeline reads up to {FORMAT_VERSION}. Upgrade cbsn_pipeline."
        )
    try:
        kind = _OPTIONS_OF[metadata.get("architecture", "cbsn")]
        options = kind.model_validate_json(metadata["network"])
        provenance = Provenance.model_validate_json(metadata["provenance"])
    except (KeyError, ValidationError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path} has damaged metadata ({error}); the file was edited or written "
            "by another program. Train again or fetch the file again."
        ) from error
    return options, provenance


def _with_weights(
    options: NetworkOptions | UNetOptions, weights: dict[str, Tensor], path: Path
) -> CBSN | UNet:
    _check_weights(options, weights, path)
    net = UNet(options) if isinstance(options, UNetOptions) else CBSN(options)
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(
            f"The weights in {path} do not fit the network its metadata describes "
            f"({options!r}): {error}"
        ) from error
    return net


def _check_weights(
    options: NetworkOptions | UNetOptions, weights: dict[str, Tensor], path: Path
) -> None:
    """Raise before a network is built that these weights could never fill."""
    widest = max((max(t.shape, default=0) for t in weights.values()), default=0)
    if isinstance(options, UNetOptions):
        channels, blocks = max(options.widths), len(options.widths)
    else:
        channels, blocks = options.channels, options.blocks
    if channels > widest or blocks > len(weights):
        raise ValueError(
            f"The weights in {path} do not fit the network its metadata describes "
            f"({options!r}): there are {len(weights)} tensors of at most {widest} "
            "channels. Was the file edited? Train again or fetch the file again."
        )
    others = {str(t.dtype) for t in weights.values() if t.dtype != torch.float32}
    if others:
        raise ValueError(
            f"The weights in {path} are {', '.join(sorted(others))}; expected float32, "
            "as training saves them. Was the file converted by another program?"
        )
