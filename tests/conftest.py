"""Fixtures shared by every test."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def pytest_configure():
    """Give each of several test processes cores of its own.

    Threads of one wait for each other by spinning; on cores that another one uses too
    a small network then trains up to forty times slower.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or not hasattr(os, "sched_setaffinity"):
        return
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    count = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[number % len(cores) :: count])


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and golden numbers beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder beside the repository: real data not checked")
    return SHARED


HEADER_73 = b"MATLAB 7.3 MAT-file, made by a test".ljust(124) + b"\x00\x02IM"


@pytest.fixture
def noise() -> Callable[..., np.ndarray]:
    """Makes uint8 noise of any shape, the same for the same seed."""

    def make(*shape: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)

    return make


@pytest.fixture
def write_mat73() -> Callable[..., Path]:
    """Writes arrays as MATLAB's v7.3 does: HDF5 behind 512 bytes, axes reversed."""

    def write(path: Path, **arrays: np.ndarray) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, array in arrays.items():
                file[name] = array.T
        with path.open("r+b") as file:
            file.write(HEADER_73)
        return path

    return write


@pytest.fixture
def write_info() -> Callable[..., Path]:
    """Writes DND's info.mat with one (boxes, 4) array and one camera per image."""

    def write(path: Path, boxes: list[np.ndarray], cameras: list[str]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w", userblock_size=512) as file:
            refs = np.empty((2, 1, len(boxes)), h5py.ref_dtype)
            for i, (box, camera) in enumerate(zip(boxes, cameras, strict=True)):
                file[f"#refs#/box{i}"] = box.T.astype(float)
                codes = np.array([[ord(c)] for c in camera], np.uint16)
                file[f"#refs#/camera{i}/type"] = codes
                refs[0, 0, i] = file[f"#refs#/box{i}"].ref
                refs[1, 0, i] = file[f"#refs#/camera{i}"].ref
            file.create_dataset("info/boundingboxes", data=refs[0], dtype=refs.dtype)
            file.create_dataset("info/camera", data=refs[1], dtype=refs.dtype)
        with path.open("r+b") as file:
            file.write(HEADER_73)
        return path

    return write


@pytest.fixture
def photo_folder(tmp_path, noise) -> Path:
    """A folder of three photographs; the second is too small for 8 x 8 patches."""
    from cbsn_pipeline.formats.images import write_png

    for seed, (name, size) in enumerate(
        {"a.png": (21, 13), "b.png": (7, 30), "c.png": (8, 8)}.items()
    ):
        write_png(tmp_path / "photos" / name, noise(*size, 3, seed=seed))
    return tmp_path / "photos"


@pytest.fixture
def extraction(photo_folder) -> Callable[..., object]:
    """Ingests the photographs; returns their extraction, 8 x 8 at stride 5."""
    from cbsn_pipeline.noisy_images import find_noisy_images
    from cbsn_pipeline.noisy_images.manifest import Manifest
    from cbsn_pipeline.noisy_images.patch_extraction import PatchExtraction, PatchLayout
    from cbsn_pipeline.pipelines.ingest.nodes import build_manifest
    from cbsn_pipeline.pipelines.ingest.options import IngestOptions

    def make(manifest: Manifest | None = None, **changes: object) -> PatchExtraction:
        images = find_noisy_images("photos", photo_folder)
        manifest = manifest or build_manifest(images, IngestOptions())
        layout = {"patch_size": 8, "stride": 5, "border": 0} | changes
        return PatchExtraction(images, manifest, PatchLayout(**layout), workers=2)

    return make
