from pathlib import PurePosixPath

import cv2
import numpy as np
import pytest
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.runner import SequentialRunner

from cbsn_pipeline.cbsn.denoiser import DenoisedPicture
from cbsn_pipeline.cbsn.restitution import NOTHING
from cbsn_pipeline.datasets.photo_folder_dataset import PhotoFolderDataset
from cbsn_pipeline.datasets.photos_dataset import PhotosDataset
from cbsn_pipeline.formats.images import read_rgb, write_png
from cbsn_pipeline.pipelines.denoise import create_pipeline
from cbsn_pipeline.pipelines.denoise.options import DenoiseOptions


class Inverting:
    """Stands in for cbsn.Denoiser."""

    def restituting(self, restitution):
        return self

    def denoise_picture(self, image, *, padding, keep_alone, advance):
        inverted = np.iinfo(image.dtype).max - image
        return DenoisedPicture(inverted, inverted, NOTHING, 0.0, 0.0)


def run(photos, out):
    catalog = DataCatalog(
        {
            "photos_to_denoise": PhotosDataset(filepath=str(photos)),
            "denoised_photos": PhotoFolderDataset(filepath=out.as_posix()),
            "photo_crops": MemoryDataset(copy_mode="assign"),
            "denoiser": MemoryDataset(Inverting(), copy_mode="assign"),
            "params:denoise": MemoryDataset(
                DenoiseOptions(format="png"), copy_mode="assign"
            ),
        }
    )
    return SequentialRunner().run(create_pipeline(), catalog)


@pytest.fixture
def photos(tmp_path):
    """8-bit JPEG and PNG of one stem, a 16-bit PNG and a TIFF below."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "photos"
    image = rng.integers(0, 256, (9, 7, 3)).astype(np.uint8)
    write_png(folder / "a.png", image)
    cv2.imwrite(str(folder / "a.jpg"), image)
    write_png(folder / "deep.png", rng.integers(0, 2**16, (5, 6, 3)).astype(np.uint16))
    (folder / "day").mkdir()
    cv2.imwrite(str(folder / "day/scan.tif"), image)
    return folder


def test_a_folder_of_photographs_becomes_a_folder_of_pngs(photos, tmp_path):
    results = run(photos, tmp_path / "out")

    assert results["before_after"].load().texts
    made = sorted(
        p.relative_to(tmp_path / "out") for p in tmp_path.rglob("out/**/*.png")
    )
    assert [PurePosixPath(path).as_posix() for path in made] == [
        *("a.jpg.png", "a.png", "day/scan.png", "deep.png"),
    ]
    deep = read_rgb(tmp_path / "out/deep.png")
    assert deep.dtype == np.uint16
    np.testing.assert_array_equal(deep, 65535 - read_rgb(photos / "deep.png"))
    np.testing.assert_array_equal(
        read_rgb(tmp_path / "out/a.jpg.png"), 255 - read_rgb(photos / "a.jpg")
    )


def test_a_truncated_file_fails_the_run_after_the_good_ones(photos, tmp_path):
    content = (photos / "a.png").read_bytes()
    (photos / "a.png").write_bytes(content[: len(content) // 2])

    with pytest.raises(DatasetError, match=r"(?s)1 of 4 photographs .*a\.png"):
        run(photos, tmp_path / "out")

    assert len(list((tmp_path / "out").rglob("*.png"))) == 3
