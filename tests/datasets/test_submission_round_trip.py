"""Real pixels go into the files of the sites and come back, bit for bit."""

import base64
import csv

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from cbsn_pipeline.benchmarks.dnd.boxes import box_slices
from cbsn_pipeline.cbsn.provenance import Provenance
from cbsn_pipeline.datasets import (
    DndFolderDataset,
    DndSubmissionDataset,
    MatBlocksDataset,
    SiddSubmissionDataset,
)
from cbsn_pipeline.formats.images import read_rgb
from cbsn_pipeline.pipelines.submit_dnd import nodes as submit_dnd
from cbsn_pipeline.pipelines.submit_dnd.options import SubmitDndOptions
from cbsn_pipeline.pipelines.submit_sidd import nodes as submit_sidd
from cbsn_pipeline.pipelines.submit_sidd.options import SubmitSiddOptions

IMAGES, BLOCKS = (2, 4, 38), (0, 13, 31)  # of SIDD's validation blocks


class Mirror:
    """Stands in for cbsn.Denoiser: mirrors every picture, so that nothing is lost."""

    provenance, file = Provenance(), None

    def restituting(self, _):
        return self

    def denoise_blocks(self, blocks, **_):
        return blocks[:, :, ::-1]

    def denoise(self, image, **_):
        return np.ascontiguousarray(image[:, ::-1])


@pytest.fixture
def real_blocks(shared):
    folder = shared / "data/sidd_validation/noisy"
    files = [[folder / f"{i:02d}_{b:02d}.png" for b in BLOCKS] for i in IMAGES]
    if not files[0][0].exists():
        pytest.skip("no real SIDD blocks in ../shared")
    return np.stack([[read_rgb(file) for file in row] for row in files])


def test_real_blocks_come_back_from_every_layout_of_sidd(real_blocks, tmp_path):
    options = SubmitSiddOptions(
        num_images=3, num_blocks=3, layouts="kaggle+legacy_cell+legacy_array"
    )
    source, target = tmp_path / "BenchmarkNoisyBlocksSrgb.mat", tmp_path / "submission"
    savemat(source, {source.stem: real_blocks}, do_compression=True)
    noisy = MatBlocksDataset(filepath=source.as_posix(), as_stored=True).load()

    SiddSubmissionDataset(filepath=target.as_posix()).save(
        submit_sidd.denoise_sidd_benchmark(Mirror(), noisy, options)
    )

    # each file by other means than those that wrote it; mirrored again
    csv.field_size_limit(300_000)
    with (target / "kaggle/partial_set_not_for_upload.csv").open() as file:
        texts = [row["BLOCK"] for row in csv.DictReader(file)]
    content = b"".join(base64.b64decode(text) for text in texts)
    kaggle = np.frombuffer(content, np.uint8).reshape(real_blocks.shape)
    array = loadmat(target / "legacy_array/SubmitSrgb.mat")["SubmitSrgb"]
    with h5py.File(target / "legacy_cell/SubmitSrgb.mat") as file:
        cell = file["DenoisedBlocksSrgb"][()]
        blocks = [[file[cell[b, i]][()].T for b in range(3)] for i in range(3)]
    for read_back in (kaggle, array, np.array(blocks)):
        np.testing.assert_array_equal(read_back[:, :, :, ::-1], real_blocks)


def test_real_crops_at_their_real_boxes_come_back_from_dnds_bundle(
    shared, tmp_path, write_mat73
):
    boxes, crops, image_shape = real_boxes_and_crops(shared, image=37)
    image = np.full((*image_shape, 3), 0.5, np.float32)
    for box, crop in crops.items():
        image[box_slices(boxes[box])] = crop
    folder, target = tmp_path / "dnd_2017", tmp_path / "submission"
    write_one_image(folder, image, boxes, write_mat73)

    DndSubmissionDataset(filepath=target.as_posix()).save(
        submit_dnd.denoise_dnd(
            Mirror(),
            DndFolderDataset(filepath=folder.as_posix()).load(),
            SubmitDndOptions(num_images=1, num_boxes=len(boxes)),
        )
    )

    cell = loadmat(target / "bundled/0001.mat")["Idenoised"]
    assert cell.shape == (1, len(boxes))
    assert len(crops) == 2
    for box, crop in crops.items():
        np.testing.assert_array_equal(cell[0, box][:, ::-1], crop)


def real_boxes_and_crops(shared, *, image):
    """The boxes of those crops of an image that are there, in float32 as DND's."""
    files = sorted((shared / "data/dnd").glob(f"{image:04d}_*_noisy.png"))
    if not files:
        pytest.skip("no real DND crops in ../shared")
    with h5py.File(shared / "data/dnd/info.mat") as info:
        table = info[info["info/boundingboxes"][0, image - 1]][()].T
    boxes = np.array([table[int(file.name[5:7]) - 1] for file in files])
    crops = {box: read_rgb(file) / np.float32(255) for box, file in enumerate(files)}
    return boxes, crops, boxes[:, 2:].max(axis=0).astype(int)


def write_one_image(folder, image, boxes, write_mat73):
    """A folder of DND with a single image, in MATLAB's v7.3."""
    (folder / "images_srgb").mkdir(parents=True)
    write_mat73(folder / "images_srgb/0001.mat", InoisySRGB=image)
    with h5py.File(folder / "info.mat", "w") as file:
        file["boxes"], file["camera/type"] = boxes.T, [[ord("X")]]
        for field, target in (("boundingboxes", "boxes"), ("camera", "camera")):
            references = np.empty((1, 1), dtype=h5py.ref_dtype)
            references[0, 0] = file[target].ref
            file[f"info/{field}"] = references
