"""Small good submissions, and their noisy input, to be corrupted."""

import base64
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cbsn_pipeline.datasets.sample_dnd_dataset import DndImage, SampleDndDataset
from cbsn_pipeline.datasets.submission_dataset import SubmissionPaths
from cbsn_pipeline.submission_checks.checking import check
from cbsn_pipeline.submission_checks.expected import Expected

GRID = (3, 4)  # images, blocks: twelve, so that text sorts unlike numbers
CROP = 64
EXPECTED = Expected(kind="auto", grid=GRID, dnd_grid=GRID, crop_size=CROP)
OPTIONAL = {
    "MethodName": "Blur",
    "Authors": "A",
    "PaperTitle": "",
    "Venue": "",
    "MachineSpecs": "",
}


def make_scene(rng, height, width):
    """A smooth coloured picture, levels 20..235, float."""
    import cv2

    coarse = rng.uniform(20, 235, (height // 32 + 1, width // 32 + 1, 3))
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def encode(block):
    return base64.b64encode(np.ascontiguousarray(block).tobytes()).decode()


class Kit:
    """Writes submissions of SIDD, right ones unless told otherwise."""

    def __init__(self, noisy, denoised, crops, noisy_crops):
        self.noisy, self.denoised = noisy, denoised
        self.crops, self.noisy_crops = crops, noisy_crops
        self.folder = Path()

    @property
    def flat(self):
        """The denoised blocks in the order of IDs, a copy."""
        return self.denoised.reshape(-1, 256, 256, 3).copy()

    def rows(self, blocks=None):
        blocks = self.flat if blocks is None else blocks
        return [[str(i), encode(block)] for i, block in enumerate(blocks)]

    def csv(self, rows=None, header=("ID", "BLOCK"), encoding="ascii", **options):
        path = self.folder / "submission.csv"
        with path.open("w", newline="", encoding=encoding) as file:
            writer = csv.writer(file, **options)
            if header:
                writer.writerow(header)
            writer.writerows(self.rows() if rows is None else rows)
        return path

    def blocks(self, blocks):
        """The CSV file of other blocks."""
        return self.csv(self.rows(blocks))

    def bytes(self, content, name="submission.csv"):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def array(self, array=None, name="SubmitSrgb"):
        from scipy.io import savemat

        path = self.folder / "SubmitSrgb.mat"
        savemat(path, {name: self.denoised if array is None else array})
        return path

    def cell(self, blocks=None, drop=(), **others):
        """The layout of the MATLAB kit in v7.3; ``blocks``: (rows, columns) objects."""
        import h5py

        if blocks is None:
            blocks = as_cell(self.denoised)
        contents = {
            "DenoisedBlocksSrgb": blocks,
            "TimeMPSrgb": np.array([[0.5]]),
            "OptionalData": OPTIONAL,
            **others,
        }
        path = self.folder / "SubmitSrgb.mat"
        with h5py.File(path, "w", userblock_size=512) as file:
            for name in set(contents) - set(drop):
                put(file, name, contents[name])
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
        return path

    def contents(self, image, crops=None, **changes):
        """The variables of a bundled file; None leaves one out."""
        crops = self.crops[image] if crops is None else crops
        row = np.empty((1, len(crops)), dtype=object)
        for box, crop in enumerate(crops):
            row[0, box] = crop
        whole = {
            "Idenoised": row,
            "israw": np.array([[False]]),
            "eval_version": "1.0",
            **changes,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def bundle(self, contents=None, names=("0001.mat", "0002.mat", "0003.mat")):
        """The folder; ``contents``: of some images, by index from 0."""
        from scipy.io import savemat

        folder = self.folder / "bundled"
        folder.mkdir(exist_ok=True)
        for image, name in enumerate(names):
            found = (contents or {}).get(image)
            savemat(folder / name, self.contents(image) if found is None else found)
        return folder

    def all_crops(self, change):
        """The bundle with every crop changed."""
        return self.bundle(
            {i: self.contents(i, [change(c) for c in self.crops[i]]) for i in range(3)}
        )


def as_cell(blocks):
    cell = np.empty(blocks.shape[:2], dtype=object)
    for index in np.ndindex(blocks.shape[:2]):
        cell[index] = blocks[index]
    return cell


def put(parent, name, value):
    """Store as MATLAB v7.3 does: axes reversed, cells as references, with classes."""
    import h5py

    if isinstance(value, dict):
        group = parent.create_group(name)
        for field, inner in value.items():
            put(group, field, inner)
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        return
    if isinstance(value, str):
        stored = parent.create_dataset(
            name, data=np.array([[ord(c)] for c in value] or [[0]], np.uint16)
        )
        stored.attrs["MATLAB_class"] = np.bytes_("char")
        if not value:
            stored.attrs["MATLAB_empty"] = np.uint8(1)
        return
    if value.dtype == object:
        references = np.empty(value.shape[::-1], dtype=h5py.ref_dtype)
        for index in np.ndindex(value.shape):
            item = f"#refs#/{name}_{'_'.join(map(str, index))}"
            put(parent.file, item, value[index])
            references[index[::-1]] = parent.file[item].ref
        stored = parent.create_dataset(name, data=references)
        stored.attrs["MATLAB_class"] = np.bytes_("cell")
        return
    stored = parent.create_dataset(name, data=value.T)
    kinds = {"float64": "double", "float32": "single", "bool": "logical"}
    stored.attrs["MATLAB_class"] = np.bytes_(kinds.get(str(value.dtype), value.dtype))


def make_pixels(rng, count, size):
    """Clean and noisy levels 0..255, float: (count, size, size, 3)."""
    clean = np.stack([make_scene(rng, size, size) for _ in range(count)])
    noisy = clean + rng.normal(0, 15, clean.shape)
    return clean, np.clip(noisy, 0, 255)


@pytest.fixture(scope="session")
def shared_kit(tmp_path_factory):
    """Pixels once per session, and the files of the noisy input."""
    from scipy.io import savemat

    rng = np.random.default_rng(0)
    clean, noisy = make_pixels(rng, 12, 256)
    shape = (*GRID, 256, 256, 3)
    noisy = np.round(noisy).astype(np.uint8).reshape(shape)
    denoised = np.round(clean + rng.normal(0, 1, clean.shape)).astype(np.uint8)
    folder = tmp_path_factory.mktemp("noisy")
    savemat(
        folder / "BenchmarkNoisyBlocksSrgb.mat", {"BenchmarkNoisyBlocksSrgb": noisy}
    )
    crops, noisy_crops = make_dnd(rng, folder / "dnd_2017")
    return Kit(noisy, denoised.reshape(shape), crops, noisy_crops), folder


def make_dnd(rng, folder):
    """Write a folder of DND; return its denoised and noisy crops, [0, 1]."""
    clean, noisy = make_pixels(rng, GRID[0], 2 * CROP)
    boxes = np.array(
        [
            [row + 1, column + 1, row + CROP, column + CROP]
            for row in (0, CROP)
            for column in (0, CROP)
        ]
    )
    images = [
        DndImage(
            noisy=(pixels / 255).astype(np.float32),
            boxes=boxes,
            camera={"type": "Nexus6P"},
            noise_level=(0.01, 0.001),
            sigma_raw=np.zeros((4, 2, 2)),
            sigma_srgb=np.zeros(4),
        )
        for pixels in noisy
    ]
    SampleDndDataset(filepath=str(folder)).save(images)
    return cut(clean / 255, boxes), cut(noisy / 255, boxes)


def cut(images, boxes):
    return [
        [
            np.ascontiguousarray(image[r0 - 1 : r1, c0 - 1 : c1], np.float32)
            for r0, c0, r1, c1 in boxes
        ]
        for image in images
    ]


@pytest.fixture
def kit(shared_kit, tmp_path):
    kit, _ = shared_kit
    fresh = Kit(kit.noisy, kit.denoised, kit.crops, kit.noisy_crops)
    fresh.folder = tmp_path
    return fresh


@pytest.fixture
def paths(shared_kit):
    """Make the paths that a check starts from."""

    def make(path, *, noisy=None, with_input=True):
        folder = shared_kit[1] if with_input else Path("/nowhere")
        return SubmissionPaths(
            path=path,
            noisy=noisy,
            sidd_noisy=folder / "BenchmarkNoisyBlocksSrgb.mat",
            dnd_noisy=folder / "dnd_2017",
        )

    return make


@pytest.fixture
def run_check(paths):
    """Check a submission of the small size; return its kind and the outcome."""

    def run(path, *, noisy=None, with_input=True, **expected):
        return check(
            paths(path, noisy=noisy, with_input=with_input),
            replace(EXPECTED, **expected),
        )

    return run


@pytest.fixture
def found(run_check):
    """The merged findings of a check, without notes."""
    from cbsn_pipeline.findings import merge

    def find(path, **options):
        _, outcome = run_check(path, **options)
        return [f for f in merge(outcome.findings) if f.severity != "note"]

    return find
