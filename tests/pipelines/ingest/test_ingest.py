import hashlib
import logging
import shutil

import numpy as np
import pytest
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.runner import SequentialRunner
from pydantic import ValidationError
from scipy.io import savemat

from cbsn_pipeline.formats.images import read_rgb, write_png
from cbsn_pipeline.imaging.pixels import pixel_sha256
from cbsn_pipeline.noisy_images import find_noisy_images
from cbsn_pipeline.pipelines.ingest import create_pipeline
from cbsn_pipeline.pipelines.ingest.nodes import build_manifest
from cbsn_pipeline.pipelines.ingest.options import IngestOptions


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("b.png", "a.png", "deep/c.png"):
        image = rng.integers(0, 256, (9, 5, 3), dtype=np.uint8)
        write_png(tmp_path / "photos" / name, image)
    return tmp_path / "photos"


def ingest(path, kind="photos", **options):
    return build_manifest(find_noisy_images(kind, path), IngestOptions(**options))


def test_every_image_is_described_by_its_bytes_and_pixels(photos):
    manifest = ingest(photos)

    assert [image.path for image in manifest.images] == ["a.png", "b.png", "deep/c.png"]
    image, path = manifest.images[2], photos / "deep" / "c.png"
    assert image.bytes == path.stat().st_size
    assert image.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert image.pixel_sha256 == pixel_sha256(read_rgb(path))
    assert (image.height, image.width, image.dtype) == (9, 5, "uint8")


def test_the_digest_is_the_same_wherever_the_folder_is(photos, tmp_path):
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(photos, copy)

    assert ingest(copy) == ingest(photos)
    assert ingest(photos, workers=1).digest == ingest(photos, workers=3).digest


def test_blocks_share_the_hash_of_their_file_which_is_read_once(tmp_path, monkeypatch):
    name = "BenchmarkNoisyBlocksSrgb"
    blocks = np.zeros((2, 2, 256, 256, 3), np.uint8)
    blocks[1, 1] = 7
    savemat(tmp_path / f"{name}.mat", {name: blocks}, do_compression=True)
    calls = []
    monkeypatch.setattr(
        "cbsn_pipeline.pipelines.ingest.nodes.file_sha256",
        lambda path: calls.append(path) or "hash",
    )

    manifest = ingest(tmp_path / f"{name}.mat", "sidd_blocks")

    assert [image.member for image in manifest.images] == [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
    ]
    assert {image.file_sha256 for image in manifest.images} == {"hash"}
    assert len(calls) == 1
    assert manifest.images[3].pixel_sha256 == pixel_sha256(blocks[1, 1])


def test_a_damaged_image_stops_the_ingest(photos):
    path = photos / "b.png"
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(DatasetError, match=r"b\.png is truncated or damaged"):
        ingest(photos)


def test_all_images_that_cannot_be_read_are_in_one_report(photos, caplog):
    for name in ("a.png", "b.png"):
        (photos / name).write_bytes((photos / name).read_bytes()[:-20])

    with pytest.raises(DatasetError, match=r"(?s)2 of 3 images cannot.*a\.png.*b\.png"):
        ingest(photos)
    manifest = ingest(photos, unreadable="leave_out")

    assert [image.path for image in manifest.images] == ["deep/c.png"]
    assert manifest.left_out == ("a.png", "b.png")
    assert "2 of 3 images cannot be read and are not trained on" in caplog.text


def test_without_any_readable_image_there_is_nothing_to_leave_out(photos):
    for path in photos.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(DatasetError, match="3 of 3 images cannot be read"):
        ingest(photos, unreadable="leave_out")


def test_images_that_occur_twice_are_a_warning(photos, caplog):
    caplog.set_level(logging.WARNING)
    shutil.copy(photos / "a.png", photos / "z.png")

    assert len(ingest(photos).images) == 4
    assert "1 pictures are there more than once" in caplog.text
    assert "a.png, z.png" in caplog.text


def test_another_number_of_images_than_asked_for_is_an_error(photos):
    assert len(ingest(photos, num_images=3).images) == 3
    with pytest.raises(ValueError, match="3 noisy images found .photos.; expected 320"):
        ingest(photos, num_images=320)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"worker": 1}, {"num_images": 0}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValidationError):
        IngestOptions(**wrong)


def test_the_pipeline_makes_the_manifest(photos):
    catalog = DataCatalog(
        {
            "noisy_images": MemoryDataset(
                find_noisy_images("photos", photos), copy_mode="assign"
            ),
            "params:ingest": MemoryDataset(IngestOptions()),
            "manifest": MemoryDataset(),
        }
    )

    SequentialRunner().run(create_pipeline(), catalog)

    assert catalog.load("manifest") == ingest(photos)
