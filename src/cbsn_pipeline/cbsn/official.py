"""Weights of the authors' TensorFlow release, in our network."""

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cbsn_pipeline.cbsn.network import CBSN, Branch
from cbsn_pipeline.cbsn.options import NetworkOptions

Shapes = Mapping[str, tuple[int, ...]]  # by TensorFlow name; kernels (kh, kw, in, out)

SCOPE = "DBSN/"  # what the names of the network's variables begin with
BLOCK = re.compile(rf"{SCOPE}B[12]/DCM(\d{{1,4}})/")
VARIABLES_OF_BLOCK = 8  # kernel and bias of two convolutions in two branches
KERNEL_AXES = 4
MOST_NAMED = 6  # variables of each kind that a message names


def network_options(shapes: Shapes) -> NetworkOptions:
    """Read the size of a network off its variables; the paper's where they do not say.

    Args:
        shapes: Of all variables of a checkpoint. Whether they fit is for
            :func:`official_variables` to say.
    """
    released = NetworkOptions()
    masked = shapes.get(f"{SCOPE}B1/conv1/W1", ())
    room = math.ceil(len(shapes) / VARIABLES_OF_BLOCK)
    numbers = [int(match[1]) for match in map(BLOCK.match, shapes) if match]
    return NetworkOptions(
        channels=(masked[-1] if masked else 0) or released.channels,
        # a number without the others is no reason to build a thousand blocks
        blocks=min(max(numbers) + 1, room) if numbers else released.blocks,
    )


def official_variables(shapes: Shapes, options: NetworkOptions) -> tuple[str, ...]:
    """Find the weights of a network among the variables of a checkpoint.

    What else a training saves is left out: variables outside the network's scope
    (steps, powers of Adam's betas) and those below a weight (moments, averages).

    Args:
        shapes: Of all variables.
        options: Size of the network.

    Returns:
        The names of its weights.

    Raises:
        ValueError: Weights are missing, superfluous or of another shape; names them.
    """
    with torch.device("meta"):  # shapes alone: nothing is allocated
        expected = _shapes_of(CBSN(options))
    weights = {
        name: shape
        for name, shape in shapes.items()
        if name.startswith(SCOPE) and name.rpartition("/")[0] not in expected
    }
    _check_shapes(weights, expected, options)
    return tuple(weights)


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
    shapes = {name: array.shape for name, array in arrays.items()}
    _check_shapes(shapes, _shapes_of(net), net.options)
    with torch.no_grad():
        for name, parameter in official_parameters(net):
            parameter.copy_(_to_torch(arrays[name]))


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
    ordered = array.transpose(3, 2, 0, 1) if array.ndim == KERNEL_AXES else array
    return torch.from_numpy(np.ascontiguousarray(ordered, dtype=np.float32))


def _shapes_of(net: CBSN) -> dict[str, tuple[int, ...]]:
    parameters = official_parameters(net)
    return {
        name: tuple((p.permute(2, 3, 1, 0) if p.ndim == KERNEL_AXES else p).shape)
        for name, p in parameters
    }


def _check_shapes(got: Shapes, expected: Shapes, options: NetworkOptions) -> None:
    missing = sorted(expected.keys() - got.keys())
    superfluous = sorted(got.keys() - expected.keys())
    misshaped = [
        f"{name} of shape {got[name]} instead of {shape}"
        for name, shape in expected.items()
        if got.get(name, shape) != shape
    ]
    if not (missing or superfluous or misshaped):
        return
    raise ValueError(
        f"The weights are not those of a C-BSN of {options.channels} channels and "
        f"{options.blocks} blocks per branch: {_listed(missing, 'missing')}; "
        f"{_listed(superfluous, 'superfluous')}; "
        f"{_listed(misshaped, 'of another shape (kh, kw, in, out)')}. Are they of "
        "another network, or of one of another size? Optimiser variables must be left "
        "out."
    )


def _listed(names: list[str], what: str) -> str:
    """Count variables and name the first of them.

    >>> _listed(["a", "b"], "missing")
    '2 missing (a, b)'
    """
    if not names:
        return f"none {what}"
    rest = ", ..." if len(names) > MOST_NAMED else ""
    return f"{len(names)} {what} ({', '.join(names[:MOST_NAMED])}{rest})"
