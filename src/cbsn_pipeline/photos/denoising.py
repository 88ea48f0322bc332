"""Denoises one photograph as what it is: grey, with alpha, as strongly as asked."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.cbsn.denoiser import DenoisedPicture, Denoiser
from cbsn_pipeline.photos.photo import Photo

logger = logging.getLogger(__name__)

COLOUR_LOSS = 4 / 255  # given back, root mean square; good networks: below 2 levels


def denoise_photo(
    denoiser: Denoiser,
    photo: Photo,
    *,
    strength: float = 1.0,
    padding: int | None = None,
    keep_alone: bool = False,
    advance: Callable[[int], object] | None = None,
) -> tuple[Photo, DenoisedPicture]:
    """Denoise a photograph.

    Args:
        denoiser: The network, with the restitution that is wanted.
        photo: The photograph; grey stays grey, alpha and metadata stay as they are.
        strength: 1 for what the denoiser makes, 0 for the photograph as it is; a
            share of its grain stays in between.
        padding: As :meth:`Denoiser.denoise_picture` takes it.
        keep_alone: Likewise.
        advance: Likewise.

    Returns:
        The denoised photograph, and what the denoiser made of its colours.

    Raises:
        ValueError: ``strength`` is not within 0 and 1.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"A strength of {strength:g}: expected 0 to 1.")
    noisy = photo.rgb
    picture = denoiser.denoise_picture(
        noisy, padding=padding, keep_alone=keep_alone, advance=advance
    )
    if strength == 0:
        return photo, picture
    return photo.with_rgb(_between(noisy, picture.image, strength)), picture


def _between(
    noisy: NDArray[Any], denoised: NDArray[Any], strength: float
) -> NDArray[Any]:
    """Mix two pictures of whole numbers, and round."""
    if strength == 1:
        return denoised
    mixed = denoised.astype(np.float32)
    mixed -= noisy
    mixed *= np.float32(strength)
    mixed += noisy
    return np.rint(mixed, out=mixed).astype(noisy.dtype)


def lost_colour(name: object, picture: DenoisedPicture) -> bool:
    """Tell whether the network lost colour, by how much was given back; warn if so."""
    lost = picture.colour > COLOUR_LOSS
    if lost:
        logger.warning(
            "%s: the network lost colour; %.1f of 255 levels (root mean square) "
            "were given back, blurred over %d pixels. Train longer, or with a "
            "larger network, or on photographs like this one.",
            *(name, 255 * picture.colour, picture.restitution.window),
        )
    return lost
