"""The same network with ordinary kernels: dilation becomes a change of layout.

All blocks of a branch share one dilation d. Taken apart into its d * d sub-images, an
image lets the blocks' kernels reach with step 1 what they reached with step d: the
numbers are the same, and ordinary 3x3 kernels are what matrix units are tuned for.
"""

import torch
from torch import Tensor, relu_
from torch.nn.functional import conv2d

from cbsn_pipeline.cbsn.network import CBSN, Branch, DilatedBlock
from cbsn_pipeline.cbsn.subsampling import batch_to_space, space_to_batch


def undilated_forward(net: CBSN, x: Tensor, blind: bool = False) -> Tensor:
    """Do what ``net(x, blind)`` does, one change of layout per branch.

    Args:
        net: The network; its weights are used as they are.
        x: (B, 3, H, W), normalised intensity, H and W multiples of 2 and 3.
        blind: As in :class:`CBSN`.

    Returns:
        (B, 3, H, W): equal up to the order of float32 additions.

    Raises:
        ValueError: H or W is not a multiple of a branch's dilation. Zeros could not be
            added: after the first block they would no longer be zeros.
    """
    x = relu_(net.conv0(x))
    branches = [_branch(b, x, blind=blind) for b in (net.branch1, net.branch2)]
    return net.head(torch.cat(branches, dim=1))


def fits_undilated(net: CBSN, side: int) -> bool:
    """Whether images of ``side`` pixels can be taken apart for every branch."""
    return not any(side % b.dilation for b in (net.branch1, net.branch2))


def _branch(branch: Branch, x: Tensor, *, blind: bool) -> Tensor:
    """Transform (B, C, H, W); same shape out."""
    x = space_to_batch(relu_(branch.conv1(x, blind=blind)), branch.dilation)
    x = relu_(branch.conv2(x))
    x = relu_(branch.conv3(x))
    for block in branch.blocks:
        assert isinstance(block, DilatedBlock)
        x = _block(block, x)
    return batch_to_space(relu_(branch.conv4(x)), branch.dilation)


def _block(block: DilatedBlock, x: Tensor) -> Tensor:
    """Transform sub-images, (d * d * B, C, H / d, W / d); same shape out."""
    spread = relu_(conv2d(x, block.conv1.weight, block.conv1.bias, padding=1))
    return x + relu_(block.conv2(spread))
