"""The noise of a phone's camera, simulated where it arises: on the sensor.

A photograph is taken back to the raw values of a Bayer sensor, gets noise there, and
is developed again. The steps of developing (demosaicing, colour matrix, gamma) then
make the noise what it is in real sRGB photographs: dependent on the signal and
correlated between neighbours and colours.

Source:
    The idea is that of Brooks et al., "Unprocessing Images for Learned Raw Denoising",
    CVPR 2019, arXiv:1811.11127; the steps here are our own, plainer ones.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cbsn_pipeline.imaging.demosaic import demosaic
from cbsn_pipeline.imaging.quantise import to_unit

Float32 = NDArray[np.float32]

BLACK_LEVEL = 4096  # of 65535: room for noise below black, as real sensors leave it
WHITE_LEVEL = 65535
SOFTENING = 0.05  # weight of each neighbour; tuned to SIDD's correlation at lag 1
FLARE = 0.02  # of white: light scattered in the lens, so that black is never 0

_IMAGE_AXES = 3
_COLOURS = 3
_SMALLEST_SIDE = 4  # pixels: two cells of the mosaic


@dataclass(frozen=True)
class Camera:
    """What of a phone's camera shapes its noise.

    Attributes:
        name: SIDD's code of the phone that it stands for.
        white_balance: Gains of R, G, B in daylight, >= 1.
        colour_matrix: Camera RGB to linear sRGB; each row sums to 1, so that white
            stays white.
        shot_noise: Variance per unit of signal at ISO 100 (raw values in [0, 1]).
        read_noise: Standard deviation in the dark at ISO 100 (raw values in [0, 1]).
    """

    name: str
    white_balance: tuple[float, float, float]
    colour_matrix: tuple[tuple[float, float, float], ...]
    shot_noise: float
    read_noise: float


# Of a phone's magnitude, not measured on these phones. The matrices are milder than
# those in DNG files: stronger ones gave noise of opposite sign in red and green,
# which SIDD does not have (docs/data.md compares).
CAMERAS: dict[str, Camera] = {
    "GP": Camera(
        "GP",
        white_balance=(1.9, 1.0, 1.7),
        colour_matrix=((1.22, -0.17, -0.05), (-0.08, 1.23, -0.15), (0.02, -0.24, 1.22)),
        shot_noise=3.0e-4,
        read_noise=5.0e-4,
    ),
    "N6": Camera(
        "N6",
        white_balance=(2.0, 1.0, 1.6),
        colour_matrix=((1.32, -0.26, -0.06), (-0.11, 1.29, -0.18), (0.02, -0.30, 1.28)),
        shot_noise=3.8e-4,
        read_noise=7.0e-4,
    ),
    "S6": Camera(
        "S6",
        white_balance=(1.8, 1.0, 1.8),
        colour_matrix=((1.27, -0.21, -0.06), (-0.10, 1.26, -0.16), (0.02, -0.27, 1.25)),
        shot_noise=3.4e-4,
        read_noise=6.0e-4,
    ),
}


@dataclass(frozen=True)
class Exposure:
    """One photograph of a scene, with its noise and without.

    Attributes:
        noisy: (H, W, 3) float32, sRGB in [0, 1], not quantised.
        clean: The same light through the same development, without noise.
    """

    noisy: Float32
    clean: Float32


def photograph(
    scene: NDArray[Any],
    camera: Camera,
    *,
    iso: int,
    brightness: float,
    rng: np.random.Generator,
) -> Exposure:
    r"""Photograph ``scene`` as ``camera`` would at this ISO.

    .. math:: y = x + \sqrt{a x}\,p + s\,n, \quad a = a_{100} \cdot ISO / 100,
        \quad s = s_{100} \cdot ISO / 100

    on the raw values x in [0, 1]; the first noise term is drawn from a Poisson
    distribution (photons), the second from a normal one (electronics).

    Args:
        scene: The picture, (H, W, 3) sRGB, uint8 or floating point in [0, 1].
        camera: Whose colours and noise.
        iso: ISO speed, > 0.
        brightness: Factor on the linear light, in (0, 1]; 1 keeps the picture's.
        rng: The source of all randomness.

    Raises:
        ValueError: If the picture has another shape or type, or ``iso`` or
            ``brightness`` are out of range.
    """
    _check_iso(iso)
    mosaic = sensor_values(scene, camera, brightness=brightness)
    noisy = _add_noise(mosaic, camera, iso=iso, rng=rng)
    return Exposure(noisy=_develop(noisy, camera), clean=_develop(mosaic, camera))


def sensor_values(scene: NDArray[Any], camera: Camera, *, brightness: float) -> Float32:
    """Work out what the sensor would measure if there were no noise.

    Args:
        scene: The picture, (H, W, 3) sRGB, uint8 or floating point in [0, 1].
        camera: Whose colours.
        brightness: Factor on the linear light, in (0, 1].

    Returns:
        (H, W), one colour per pixel in the order RG over GB, in [0, 1].

    Raises:
        ValueError: If the picture has another shape or type, or ``brightness`` is out
            of range.
    """
    _check_scene(scene, brightness)
    scattered = FLARE + (1 - FLARE) * to_linear(to_unit(scene))
    light = (scattered * brightness).astype(np.float32)
    return _mosaic(_to_camera(light, camera))


def noise_level(camera: Camera, *, iso: int) -> tuple[float, float]:
    """Return a and b of the variance ``a x + b`` of a raw value x in [0, 1].

    Raises:
        ValueError: If ``iso`` is not positive.
    """
    _check_iso(iso)
    return camera.shot_noise * iso / 100, (camera.read_noise * iso / 100) ** 2


def to_linear(srgb: Float32) -> Float32:
    """Undo the transfer curve of sRGB (IEC 61966-2-1); both in [0, 1]."""
    low = srgb / np.float32(12.92)
    high = ((srgb + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(srgb <= np.float32(0.04045), low, high).astype(np.float32)


def to_srgb(linear: Float32) -> Float32:
    """Apply the transfer curve of sRGB; values outside [0, 1] are clipped first."""
    light = np.clip(linear, 0.0, 1.0)
    high = np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    dark = light <= np.float32(0.0031308)
    return np.where(dark, light * np.float32(12.92), high).astype(np.float32)


def _to_camera(light: Float32, camera: Camera) -> Float32:
    """Linear sRGB to what the sensor's filters see, white at 1 / gain."""
    inverse = np.linalg.inv(np.array(camera.colour_matrix)).astype(np.float32)
    gains = np.array(camera.white_balance, dtype=np.float32)
    colours: Float32 = np.clip(light @ inverse.T, 0.0, 1.0) / gains
    return colours


def _mosaic(colours: Float32) -> Float32:
    """Keep one colour per pixel, in the order RG over GB."""
    mosaic = colours[:, :, 1].copy()
    mosaic[0::2, 0::2] = colours[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = colours[1::2, 1::2, 2]
    return mosaic


def _add_noise(
    mosaic: Float32, camera: Camera, *, iso: int, rng: np.random.Generator
) -> Float32:
    gain, variance = noise_level(camera, iso=iso)
    photons = rng.poisson(mosaic.astype(np.float64) / gain)
    electronics = rng.normal(0.0, np.sqrt(variance), mosaic.shape)
    return (photons * gain + electronics).astype(np.float32)


def _develop(mosaic: Float32, camera: Camera) -> Float32:
    """Quantise, demosaic, balance white, correct the colours, apply gamma."""
    levels = BLACK_LEVEL + mosaic * (WHITE_LEVEL - BLACK_LEVEL)
    raw = np.rint(np.clip(levels, 0, WHITE_LEVEL)).astype(np.float32)
    colours = demosaic((raw - BLACK_LEVEL) / np.float32(WHITE_LEVEL - BLACK_LEVEL))
    gains = np.array(camera.white_balance, dtype=np.float32)
    balanced = np.minimum(colours * gains, np.float32(1.0))
    matrix = np.array(camera.colour_matrix, dtype=np.float32)
    return to_srgb(_soften(balanced @ matrix.T))


def _soften(image: Float32) -> Float32:
    """Low-pass mildly, as phones do: each pixel takes a little from its neighbours."""
    kernel = np.array([SOFTENING, 1 - 2 * SOFTENING, SOFTENING], dtype=np.float32)
    edge = cv2.BORDER_REFLECT_101
    soft = cv2.sepFilter2D(image, cv2.CV_32F, kernel, kernel, borderType=edge)
    return soft.astype(np.float32, copy=False)


def _check_scene(scene: NDArray[Any], brightness: float) -> None:
    shape = scene.shape
    if len(shape) != _IMAGE_AXES or shape[-1] != _COLOURS:
        raise ValueError(
            f"The picture has shape {shape}; expected (height, width, 3), RGB. A grey "
            "picture has no colours to mosaic: repeat it three times first."
        )
    if min(shape[:2]) < _SMALLEST_SIDE:
        raise ValueError(
            f"The picture is {shape[0]} x {shape[1]} pixels; expected at least "
            f"{_SMALLEST_SIDE} x {_SMALLEST_SIDE}, two cells of the colour mosaic."
        )
    if not 0 < brightness <= 1:
        raise ValueError(
            f"brightness is {brightness}; expected a factor in (0, 1]: more than 1 "
            "would clip the picture's own highlights."
        )


def _check_iso(iso: int) -> None:
    if iso <= 0:
        raise ValueError(f"iso is {iso}; expected more than 0, such as 800.")
