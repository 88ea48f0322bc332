"""Small sound data sets of every kind, and the parts that describe them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from cbsn_pipeline.findings import merge
from cbsn_pipeline.formats.images import write_png
from cbsn_pipeline.raw_data_checks.across import compare_parts
from cbsn_pipeline.raw_data_checks.examination import Expected, Part
from cbsn_pipeline.raw_data_checks.examine import examine

SCENES = (
    "0001_001_S6_00100_00060_3200_L",
    "0002_001_GP_01600_00350_5500_N",
    "0003_002_IP_00800_00350_5500_N",
)
CAMERAS = ["Nexus6P", "SonyA7R"]
BOXES = np.array([[1, 1, 8, 8], [17, 25, 24, 32]])


def picture(seed: int, height: int = 40, width: int = 48, sigma: float = 12.0):
    """A ramp with normal noise: uint8, 0..255."""
    ramp = np.linspace(60, 190, width)[:, None] + np.linspace(0, 9, 3)
    noise = np.random.default_rng(seed).normal(0, sigma, (height, width, 3))
    return np.clip(np.rint(ramp + noise), 0, 255).astype(np.uint8)


def write_sidd(root: Path) -> None:
    for number, scene in enumerate(SCENES, start=1):
        for frame in ("010", "011"):
            stem = root / "Data" / scene / f"{number:04d}_{{}}_SRGB_{frame}.PNG"
            seed = 10 * number + int(frame)
            write_png(Path(str(stem).format("NOISY")), picture(seed))
            write_png(Path(str(stem).format("GT")), picture(seed, sigma=1.0))


def write_blocks(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, sigma in (("Noisy", 12.0), ("Gt", 1.0)):
        stem = f"Validation{name}BlocksSrgb"
        blocks = [
            [picture(10 * i + b, 256, 256, sigma) for b in (1, 2)] for i in (1, 2)
        ]
        savemat(folder / f"{stem}.mat", {stem: np.array(blocks)})


def write_photos(folder: Path) -> None:
    for seed, name in enumerate(("a.png", "b.png", "deep/c.PNG")):
        write_png(folder / name, picture(seed, 48, 48))
    jpeg = cv2.imencode(".jpg", picture(9, 48, 48), [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    (folder / "d.JPG").write_bytes(jpeg.tobytes())


@pytest.fixture
def write_dnd_image(write_mat73) -> Callable[..., Path]:
    """Writes one image of DND, (H, W, 3), by default float32 noise in [0, 1]."""

    def write(path: Path, pixels: np.ndarray | None = None, name="InoisySRGB") -> Path:
        if pixels is None:
            seed = int(path.stem)
            pixels = np.random.default_rng(seed).random((24, 32, 3), np.float32)
        path.unlink(missing_ok=True)
        return write_mat73(path, **{name: pixels})

    return write


@pytest.fixture(scope="session")
def masters(tmp_path_factory) -> Path:
    """The data sets that need no other fixture, made once."""
    root = tmp_path_factory.mktemp("masters")
    write_sidd(root / "SIDD_Medium_Srgb")
    write_blocks(root / "sidd")
    write_photos(root / "photos")
    return root


@pytest.fixture
def data(masters, tmp_path, write_info, write_dnd_image) -> Path:
    """A folder with a fresh copy of every data set."""
    root = tmp_path / "raw"
    shutil.copytree(masters, root)
    write_info(root / "dnd_2017" / "info.mat", [BOXES, BOXES], CAMERAS)
    for number in (1, 2):
        write_dnd_image(root / "dnd_2017" / "images_srgb" / f"{number:04d}.mat")
    return root


@pytest.fixture
def parts(data) -> dict[str, list[Part]]:
    """The parts of each data set, as an environment would have them."""
    blocks = {
        role: Part(
            f"validation blocks, {role}",
            "sidd_blocks",
            data / "sidd" / f"Validation{name}BlocksSrgb.mat",
            ("clean",) if role == "clean" else ("scored",),
            ("validate",),
            "the SIDD site",
            expected=Expected(2, 2, variable=f"Validation{name}BlocksSrgb"),
        )
        for role, name in (("noisy", "Noisy"), ("clean", "Gt"))
    }

    def training(kind, folder, **expected):
        return Part(
            "noisy training images",
            kind,
            data / folder,
            ("training",),
            ("train",),
            "the site",
            required=True,
            expected=Expected(**expected),
        )

    dnd = Part(
        *("DND images", "dnd", data / "dnd_2017", ("scored",)),
        *(("submit_dnd",), "the DND site"),
        expected=Expected(2, num_boxes=2, crop_size=8),
    )
    return {
        "sidd": [training("sidd_medium", "SIDD_Medium_Srgb", num_images=6)],
        "medium": [training("sidd_medium", "SIDD_Medium_Srgb", num_images=320)],
        "blocks": list(blocks.values()),
        "dnd": [dnd],
        "photos": [training("photos", "photos", patch_size=32), *blocks.values()],
    }


@pytest.fixture
def findings(parts) -> Callable[..., list]:
    """Examines the parts of one data set and compares them."""

    def find(name, *, thorough=False):
        seen = [examine(p, thorough=thorough, workers=2) for p in parts[name]]
        own = [finding for e in seen for finding in e.findings]
        return merge([*own, *compare_parts(seen)])

    return find
