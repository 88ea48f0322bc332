"""Weights of the authors' TensorFlow release, in our network."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cbsn_pipeline.cbsn.network import CBSN, Branch


def load_official_weights(
    net: CBSN, weights: Mapping[str, NDArray[np.floating]]
) -> None:
    """Copy the weights of a released checkpoint into ``net``.

    Args:
        net: A network of the size the weights are of.
        weights: TensorFlow variable name to array, kernels (kh, kw, in, out); a
            trailing ``:0`` of a name is ignored.

    Raises:
        ValueError: A variable is missing, superfluous or of another shape; nothing
            has been copied then.

    Source:
        ``CBSN`` in model.py of jyicu/CBSN at 37da7aa names the variables.
    """
    arrays = {name.removesuffix(":0"): array for name, array in weights.items()}
    targets = dict(official_parameters(net))
    _check_names(set(targets), set(arrays))
    converted = {name: _to_torch(array) for name, array in arrays.items()}
    for name, parameter in targets.items():
        if converted[name].shape != parameter.shape:
            raise ValueError(
                f"{name} has shape {arrays[name].shape} (kh, kw, in, out); a network "
                f"of {net.options!r} needs {_tensorflow_shape(parameter)}. "
                "Are the weights those of a network of another size?"
            )
    with torch.no_grad():
        for name, parameter in targets.items():
            parameter.copy_(converted[name])


def official_parameters(net: CBSN) -> Iterator[tuple[str, Tensor]]:
    """Yield every parameter of ``net`` with its name in the TensorFlow release."""
    for name in ("conv0", "conv1", "conv2", "conv3", "conv4"):
        yield from _plain(f"DBSN/{name}", net.get_submodule(name))
    for index, branch in enumerate((net.branch1, net.branch2), start=1):
        yield from _branch(f"DBSN/B{index}", branch)


def _branch(prefix: str, branch: Branch) -> Iterator[tuple[str, Tensor]]:
    yield f"{prefix}/conv1/W1", branch.conv1.weight
    yield f"{prefix}/conv1/b1", branch.conv1.bias
    for name in ("conv2", "conv3", "conv4"):
        yield from _plain(f"{prefix}/{name}", branch.get_submodule(name))
    for index, block in enumerate(branch.blocks):
        for name in ("conv1", "conv2"):
            yield from _plain(f"{prefix}/DCM{index}/{name}", block.get_submodule(name))


def _plain(prefix: str, conv: nn.Module) -> Iterator[tuple[str, Tensor]]:
    assert isinstance(conv, nn.Conv2d)
    assert conv.bias is not None
    yield f"{prefix}/kernel", conv.weight
    yield f"{prefix}/bias", conv.bias


def _to_torch(array: NDArray[np.floating]) -> Tensor:
    """Kernels from (kh, kw, in, out) to (out, in, kh, kw); biases as they are."""
    kernel_axes = 4
    ordered = array.transpose(3, 2, 0, 1) if array.ndim == kernel_axes else array
    return torch.from_numpy(np.ascontiguousarray(ordered, dtype=np.float32))


def _tensorflow_shape(parameter: Tensor) -> tuple[int, ...]:
    kernel_axes = 4
    if parameter.ndim == kernel_axes:
        parameter_hwio = parameter.permute(2, 3, 1, 0)
        return tuple(parameter_hwio.shape)
    return tuple(parameter.shape)


def _check_names(expected: set[str], got: set[str]) -> None:
    if expected == got:
        return
    missing, superfluous = sorted(expected - got), sorted(got - expected)
    raise ValueError(
        f"The weights are not those of this network: {len(missing)} missing "
        f"(first: {missing[:1]}), {len(superfluous)} superfluous "
        f"(first: {superfluous[:1]}). Optimiser variables must be left out, and the "
        "number of blocks must be the checkpoint's."
    )
