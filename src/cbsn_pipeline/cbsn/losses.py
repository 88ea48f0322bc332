r"""The downsampled invariance loss: what C-BSN minimises instead of seeing truth.

Notation: :math:`x` is the noisy crop in normalised intensity, :math:`f` the visible
network, :math:`f_M` the blind one with the same weights, :math:`D` the random
subsampler, sg the stop of gradients.
"""

from typing import Protocol

import torch
from torch import Tensor

from cbsn_pipeline.cbsn.options import LossOptions
from cbsn_pipeline.cbsn.subsampling import (
    batch_to_space,
    random_subsample,
    space_to_batch,
)


class ConditionalNetwork(Protocol):
    """What the loss needs of a network: to run seeing or blind."""

    def __call__(self, x: Tensor, blind: bool = False) -> Tensor:
        """Denoise (B, 3, H, W)."""


def blind_loss(blind_output: Tensor, noisy: Tensor) -> Tensor:
    r"""Ask the blind network to predict every pixel from its surroundings.

    .. math:: L_{blind} = \mathrm{mean}\,|\,B2S(f_M(S2B(x))) - x\,|

    Args:
        blind_output: :math:`B2S(f_M(S2B(x)))`, (B, C, H, W), normalised intensity.
        noisy: :math:`x`, same shape.

    Returns:
        Scalar: the mean over every element of the batch.

    Raises:
        ValueError: The shapes differ (they would broadcast).

    Source:
        arXiv:2304.09507; ``loss_masked_self`` in train.py of jyicu/CBSN at 37da7aa.
    """
    return _mean_absolute_difference(blind_output=blind_output, noisy=noisy)


def invariance_loss(visible_sub: Tensor, blind_sub: Tensor) -> Tensor:
    r"""Ask the denoiser for the same answer before and after subsampling.

    .. math:: L_{inv} = \mathrm{mean}\,|\,D(f(x)) - \mathrm{sg}[f_M(D(x))]\,|

    Only the visible branch learns from it. It pulls the visible network, which could
    copy the noise, to the blind one, which cannot.

    Args:
        visible_sub: :math:`D(f(x))`, (B, C, H/s, W/s), normalised intensity.
        blind_sub: :math:`f_M(D(x))`, same shape, the same picks; detached here.

    Returns:
        Scalar: the mean over every element of the batch.

    Raises:
        ValueError: The shapes differ (they would broadcast).

    Source:
        arXiv:2304.09507; ``loss_reg`` in train.py of jyicu/CBSN at 37da7aa.
    """
    return _mean_absolute_difference(
        visible_sub=visible_sub, blind_sub=blind_sub.detach()
    )


def visible_loss(visible_output: Tensor, noisy: Tensor) -> Tensor:
    r"""Ask the visible network to stay with what it sees.

    .. math:: L_{self} = \mathrm{mean}\,|\,f(x) - x\,|

    Alone it would teach the identity; :func:`invariance_loss` holds against it.

    Args:
        visible_output: :math:`f(x)`, (B, C, H, W), normalised intensity.
        noisy: :math:`x`, same shape.

    Returns:
        Scalar: the mean over every element of the batch.

    Raises:
        ValueError: The shapes differ (they would broadcast).

    Source:
        arXiv:2304.09507; ``loss_unmasked_self`` in train.py of jyicu/CBSN at 37da7aa.
    """
    return _mean_absolute_difference(visible_output=visible_output, noisy=noisy)


def training_loss(
    net: ConditionalNetwork,
    x: Tensor,
    picks: Tensor,
    ramp: float | Tensor,
    options: LossOptions,
) -> tuple[Tensor, dict[str, Tensor]]:
    r"""Run the three passes of a training step and add up their losses.

    .. math:: L = L_{blind} + w\,(\mu L_{self} + \lambda L_{inv})

    Args:
        net: The conditional blind-spot network.
        x: Noisy crops, (B, 3, H, W), normalised intensity, H and W multiples of both
            strides.
        picks: Choices of the random subsampler, (B, H/s, W/s), 0 .. s * s - 1, for s
            the invariance stride.
        ramp: :math:`w`, scalar, 0 at the start of training, 1 after the ramp.
        options: Strides, :math:`\lambda`, and :math:`\mu`, which is 1 as published.

    Returns:
        The total (differentiable) and its parts ``blind``, ``invariance`` and
        ``visible``, unweighted and detached.

    Source:
        arXiv:2304.09507; train.py of jyicu/CBSN at 37da7aa.
    """
    sub_images = space_to_batch(x, options.blind_stride)
    blind_output = batch_to_space(net(sub_images, blind=True), options.blind_stride)
    visible_output = net(x, blind=False)
    visible_sub = random_subsample(visible_output, picks, options.invariance_stride)
    with torch.no_grad():
        noisy_sub = random_subsample(x, picks, options.invariance_stride)
        blind_sub = net(noisy_sub, blind=True)

    blind = blind_loss(blind_output, x)
    invariance = invariance_loss(visible_sub, blind_sub)
    visible = visible_loss(visible_output, x)
    total = blind + ramp * (
        options.visible_weight * visible + options.invariance_weight * invariance
    )
    parts = {"blind": blind, "invariance": invariance, "visible": visible}
    return total, {name: part.detach() for name, part in parts.items()}


def _mean_absolute_difference(**pair: Tensor) -> Tensor:
    (first_name, first), (second_name, second) = pair.items()
    if first.shape != second.shape:
        raise ValueError(
            f"Shapes differ: {first_name} {tuple(first.shape)}, "
            f"{second_name} {tuple(second.shape)}."
        )
    return torch.mean(torch.abs(first - second))
