"""SIDD (Smartphone Image Denoising Dataset): names of its folders and files.

Source: the data set as published by York University; ``docs/data.md`` says where
each file comes from.
"""

import re
from dataclasses import dataclass
from typing import Literal

CAMERAS = {
    "GP": "Google Pixel",
    "IP": "iPhone 7",
    "S6": "Samsung Galaxy S6 Edge",
    "N6": "Motorola Nexus 6",
    "G4": "LG G4",
}
BRIGHTNESS = {"L": "low", "N": "normal", "H": "high"}

SCENE_INSTANCE = re.compile(
    r"(?P<instance>\d{4})_(?P<scene>\d{3})_(?P<camera>GP|IP|S6|N6|G4)_(?P<iso>\d{5})"
    r"_(?P<inverse_shutter>\d{5})_(?P<temperature>\d{4})_(?P<brightness>[LNH])"
)
# Use fullmatch: a copy named "0001_NOISY_SRGB_010 (1).PNG" is not one of SIDD's.
MEDIUM_PNG = re.compile(
    r"(?P<instance>\d{4})_(?P<role>NOISY|GT)_SRGB_(?P<frame>01[01])\.(?:PNG|png)"
)
SMALL_PNG = re.compile(r"(?P<role>NOISY|GT)_SRGB_(?P<frame>01[01])\.(?:PNG|png)")

# The order that the first axis of the validation arrays almost surely follows: the
# noisy PSNR per image, regressed on camera x log2 ISO, fits with R2 .964 in this order
# and with .70 at best in 20,000 random ones. Tables by camera or ISO must therefore
# carry ORDER_NOTE.
ORDER_NOTE = "order inferred"
VALIDATION_INSTANCES: tuple[str, ...] = (
    "0009_001_S6_00800_00350_3200_L",
    "0021_001_GP_10000_05000_5500_N",
    "0024_001_N6_03200_01500_5500_N",
    "0026_001_G4_00400_00160_5500_L",
    "0031_001_IP_01600_02000_3200_N",
    "0037_002_GP_06400_03200_3200_L",
    "0041_002_IP_01600_04000_5500_L",
    "0046_002_G4_00400_00350_3200_L",
    "0049_002_N6_00800_00800_5500_L",
    "0053_002_S6_03200_02000_5500_N",
    "0056_003_N6_03200_04000_5500_N",
    "0058_003_G4_00400_00500_5500_L",
    "0061_003_S6_00800_00500_4400_L",
    "0067_003_GP_01600_01500_3200_L",
    "0071_003_IP_02000_04000_5500_L",
    "0074_004_N6_00400_00040_3200_L",
    "0079_004_G4_00800_00160_3200_N",
    "0082_004_S6_03200_00500_4400_L",
    "0085_004_GP_06400_02000_4400_N",
    "0093_004_IP_01250_00250_3200_L",
    "0095_005_N6_00400_00200_3200_L",
    "0100_005_G4_00800_00400_3200_N",
    "0103_005_S6_01600_00800_4400_L",
    "0109_005_GP_10000_08000_4400_N",
    "0112_005_IP_01000_07500_5500_L",
    "0119_006_N6_00400_00100_3200_L",
    "0124_006_G4_00800_00350_3200_N",
    "0128_006_S6_03200_01600_4400_L",
    "0131_006_GP_01600_01250_4400_N",
    "0141_006_IP_01600_01620_3200_L",
    "0143_007_N6_00800_00800_4400_N",
    "0148_007_G4_00400_00400_4400_L",
    "0153_007_S6_03200_03200_5500_L",
    "0158_007_GP_03200_03200_5500_N",
    "0162_007_IP_01600_01600_3200_L",
    "0171_008_N6_03200_01600_4400_L",
    "0174_008_G4_00800_00800_4400_N",
    "0176_008_S6_00400_00100_5500_L",
    "0183_008_GP_06400_06400_5500_N",
    "0187_008_IP_01600_01600_3200_L",
)


@dataclass(frozen=True)
class SceneInstance:
    """One scene shot with one phone and one setting: a folder of SIDD.

    Attributes:
        name: The folder, e.g. ``0052_002_S6_01600_01000_5500_N``.
        instance: Number of the instance, from 1.
        scene: Number of the scene, from 1.
        camera: A key of :data:`CAMERAS`.
        iso: ISO speed.
        inverse_shutter: 1 / exposure time, in 1/s.
        temperature: Colour temperature of the light, in kelvin.
        brightness: A key of :data:`BRIGHTNESS`.
    """

    name: str
    instance: int
    scene: int
    camera: str
    iso: int
    inverse_shutter: int
    temperature: int
    brightness: str


@dataclass(frozen=True)
class ImageName:
    """What the file name of a SIDD photograph says.

    Attributes:
        layout: ``medium`` (``0001_NOISY_SRGB_010.PNG``) or ``small`` (no number).
        is_noisy: Whether it is the noisy image, not the clean one ("GT").
        instance: Number of the instance; None in the small layout.
        frame: ``010`` or ``011``.
    """

    layout: Literal["medium", "small"]
    is_noisy: bool
    instance: int | None
    frame: str


def parse_scene_instance(name: str) -> SceneInstance:
    """Read camera, ISO and light off the name of a scene-instance folder.

    Raises:
        ValueError: If the name is not one of SIDD's.

    >>> parse_scene_instance("0052_002_S6_01600_01000_5500_N").iso
    1600
    """
    match = SCENE_INSTANCE.fullmatch(name)
    if match is None:
        raise ValueError(
            f"{name!r} is not a SIDD scene instance; expected "
            "<instance, 4 digits>_<scene, 3>_<GP|IP|S6|N6|G4>_<ISO, 5>_<shutter, 5>_"
            "<temperature, 4>_<L|N|H>, such as 0052_002_S6_01600_01000_5500_N. "
            "Was the folder renamed, or is it from another data set?"
        )
    return SceneInstance(
        name=name,
        instance=int(match["instance"]),
        scene=int(match["scene"]),
        camera=match["camera"],
        iso=int(match["iso"]),
        inverse_shutter=int(match["inverse_shutter"]),
        temperature=int(match["temperature"]),
        brightness=match["brightness"],
    )


def format_scene_instance(
    *,
    instance: int,
    scene: int,
    camera: str,
    iso: int,
    inverse_shutter: int,
    temperature: int,
    brightness: str,
) -> str:
    """Name a scene-instance folder: the inverse of :func:`parse_scene_instance`.

    Raises:
        ValueError: If a number has too many digits or a code is not one of SIDD's.
    """
    name = (
        f"{instance:04d}_{scene:03d}_{camera}_{iso:05d}_{inverse_shutter:05d}"
        f"_{temperature:04d}_{brightness}"
    )
    return parse_scene_instance(name).name


def parse_image_name(name: str) -> ImageName | None:
    """Read the file name of a SIDD-Medium or SIDD-Small photograph; None for others.

    >>> parse_image_name("0001_GT_SRGB_011.PNG").is_noisy
    False
    """
    match = MEDIUM_PNG.fullmatch(name)
    if match:
        noisy = match["role"] == "NOISY"
        return ImageName("medium", noisy, int(match["instance"]), match["frame"])
    match = SMALL_PNG.fullmatch(name)
    if match:
        return ImageName("small", match["role"] == "NOISY", None, match["frame"])
    return None


def clean_twin(noisy_name: str) -> str:
    """Name the clean photograph ("GT") that belongs to a noisy one.

    Raises:
        ValueError: If ``noisy_name`` is not a noisy photograph's.

    >>> clean_twin("0001_NOISY_SRGB_010.PNG")
    '0001_GT_SRGB_010.PNG'
    """
    parsed = parse_image_name(noisy_name)
    if parsed is None or not parsed.is_noisy:
        raise ValueError(
            f"{noisy_name!r} is not the name of a noisy SIDD photograph; expected "
            "NNNN_NOISY_SRGB_010.PNG (SIDD-Medium) or NOISY_SRGB_010.PNG (SIDD-Small)."
        )
    return noisy_name.replace("NOISY", "GT")
