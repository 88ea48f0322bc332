"""GNU Octave, a program that is not ours, loads what the sites' MATLAB would load."""

import json
import shutil
import subprocess

import h5py
import numpy as np
import pytest

from cbsn_pipeline.datasets import DndSubmissionDataset, SiddSubmissionDataset
from cbsn_pipeline.datasets.dnd_submission_dataset import DenoisedImage
from cbsn_pipeline.datasets.sidd_submission_dataset import DenoisedBlocks

OCTAVE = shutil.which("octave-cli") or shutil.which("octave")
pytestmark = pytest.mark.skipif(
    OCTAVE is None, reason="octave is not on PATH: files not loaded by it"
)

NUM_IMAGES, NUM_BLOCKS = 2, 3
TEXTS = {"MethodName": "C-BSN", "Authors": "A. Author", "MachineSpecs": "A CPU"}


@pytest.fixture(scope="module")
def blocks():
    rng = np.random.default_rng(0)
    shape = (NUM_IMAGES, NUM_BLOCKS, 256, 256, 3)
    return rng.integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture(scope="module")
def crops():
    """Denoised crops of one image of DND: twenty, as the site asks for."""
    return np.random.default_rng(1).random((20, 24, 24, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, blocks, crops):
    """Submissions to both sites, as the datasets write them."""
    folder = tmp_path_factory.mktemp("octave")
    sidd, dnd = folder / "sidd", folder / "dnd"
    SiddSubmissionDataset(filepath=sidd.as_posix()).save(Sidd(blocks))
    DndSubmissionDataset(filepath=dnd.as_posix()).save(Dnd(crops))
    return folder


class Sidd:
    num_images, num_blocks = NUM_IMAGES, NUM_BLOCKS
    layouts, zip = ("legacy_cell", "legacy_array"), False

    def __init__(self, blocks):
        self.blocks = blocks

    def __iter__(self):
        for image, blocks in enumerate(self.blocks):
            yield DenoisedBlocks(image, ~blocks, blocks)

    def seconds_per_megapixel(self):
        return 1.25

    def optional_data(self):
        return TEXTS

    def facts(self):
        return {}


class Dnd:
    num_images, num_boxes, zip = 1, 20, False

    def __init__(self, crops):
        self.crops = crops

    def __iter__(self):
        yield DenoisedImage(0, list(1 - self.crops), list(self.crops))

    def facts(self):
        return {}


def ask(path, expression):
    """Load a file in Octave as ``s`` and return a list of values of it.

    Returns:
        The values of ``expression``, a cell of what JSON can hold, and what Octave
        complained of.
    """
    script = f"s = load('{path}'); printf('%s', jsonencode({expression}));"
    process = subprocess.run(
        [OCTAVE, "--norc", "--quiet", "--eval", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    start = process.stdout.find("[")
    assert start >= 0, process.stderr
    return json.loads(process.stdout[start:]), process.stderr


# Per value: class, size, and the values at the ends of three places.
DESCRIBE = (
    "class({0}), size({0}), double({0}(1,1,1)), double({0}(2,3,1)), double({0}(end))"
)


def described(array):
    """What Octave should say of (H, W, 3): from 1, rows first, as MATLAB counts."""
    ends = [float(array[0, 0, 0]), float(array[1, 2, 0]), float(array[-1, -1, -1])]
    kind = {"uint8": "uint8", "float32": "single"}[array.dtype.name]
    return [kind, list(array.shape), *ends]


def test_a_bundle_of_dnd_is_a_cell_of_single_crops(folder, crops):
    crop, last = (DESCRIBE.format(f"s.Idenoised{{{n}}}") for n in (1, 20))
    values, complaints = ask(
        folder / "dnd/bundled/0001.mat",
        "{class(s.Idenoised), size(s.Idenoised), class(s.israw), size(s.israw), "
        f"double(s.israw), class(s.eval_version), s.eval_version, {crop}, {last}}}",
    )

    assert values[:7] == ["cell", [1, 20], "logical", [1, 1], 0, "char", "1.0"]
    np.testing.assert_equal(values[7:9], described(crops[0])[:2])
    np.testing.assert_allclose(values[9:12], described(crops[0])[2:], rtol=1e-5)
    np.testing.assert_equal(values[12:14], described(crops[19])[:2])
    np.testing.assert_allclose(values[14:], described(crops[19])[2:], rtol=1e-5)
    assert "warning" not in complaints


def test_the_array_of_sidd_has_its_axes_in_order(folder, blocks):
    picked = "squeeze(s.SubmitSrgb(2,3,:,:,:))"
    values, complaints = ask(
        folder / "sidd/legacy_array/SubmitSrgb.mat",
        "{class(s.SubmitSrgb), size(s.SubmitSrgb), s.TimeMPSrgb, class(s.TimeMPSrgb), "
        "s.OptionalData.MethodName, s.OptionalData.MachineSpecs, "
        f"class(s.OptionalData.Venue), size({picked}), double({picked}(2,3,1)), "
        "sum(double(s.SubmitSrgb(:)))}",
    )

    assert values == [
        *("uint8", [2, 3, 256, 256, 3], 1.25, "double", "C-BSN", "A CPU", "char"),
        *([256, 256, 3], float(blocks[1, 2, 1, 2, 0]), float(blocks.sum())),
    ]
    assert "warning" not in complaints


def test_of_the_cell_of_sidd_octave_reads_all_but_the_references(folder, blocks):
    path = folder / "sidd/legacy_cell/SubmitSrgb.mat"
    # in the order in which MATLAB counts the places of a cell: down the columns
    names = [f"block_{n:04d}" for n in range(NUM_IMAGES * NUM_BLOCKS)]
    listed = ", ".join(DESCRIBE.format(f"s.__refs_.{name}") for name in names)
    optional = "s.OptionalData"
    values, complaints = ask(
        path,
        "{class(s.TimeMPSrgb), size(s.TimeMPSrgb), s.TimeMPSrgb(1), "
        f"class({optional}), class({optional}.MethodName), "
        f"char({optional}.MethodName), char({optional}.MachineSpecs), {listed}}}",
    )

    # Octave leaves MATLAB_class aside: text is numbers to it
    assert values[:7] == [
        *("double", [1, 1], 1.25, "struct", "uint16", "C-BSN", "A CPU"),
    ]
    in_columns = blocks.swapaxes(0, 1).reshape(-1, 256, 256, 3)
    assert values[7:] == [v for block in in_columns for v in described(block)]
    assert "can't read 'DenoisedBlocksSrgb' (unknown datatype)" in complaints
    with h5py.File(path) as file:  # the references, which Octave cannot follow
        cell = file["DenoisedBlocksSrgb"][()]
        assert [file[ref].name for ref in cell.ravel()] == [
            f"/#refs#/{name}" for name in names
        ]


def test_of_a_file_of_matlab_octave_says_the_same(shared):
    values, complaints = ask(
        shared / "data/dnd/info.mat",
        "{class(s.__refs_.b), size(s.__refs_.b), class(s.__refs_.Z.type), "
        "char(s.__refs_.Z.type)}",
    )

    assert values == ["double", [20, 4], "uint16", "Nexus6P"]
    assert "can't read 'debayerMatrices' (unknown datatype)" in complaints
