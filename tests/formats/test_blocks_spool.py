import numpy as np
import pytest

from cbsn_pipeline.formats.blocks_spool import BlocksSpool
from cbsn_pipeline.imaging.pixels import pixel_sha256


@pytest.fixture
def blocks():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (3, 2, 256, 256, 3), dtype=np.uint8)


@pytest.fixture
def spool(tmp_path, blocks):
    spool = BlocksSpool(tmp_path / "spool", num_images=3, num_blocks=2)
    for image in blocks:
        spool.append(image)
    return spool


def test_blocks_come_back_image_by_image(spool, blocks):
    np.testing.assert_array_equal(spool.read(2), blocks[2])
    np.testing.assert_array_equal(spool.read(0), blocks[0])
    spool.check_complete()


def test_its_hash_is_that_of_all_pixels(spool, blocks):
    assert spool.pixel_sha256 == pixel_sha256(blocks)


def test_blocks_in_another_order_of_memory_are_written_in_theirs(tmp_path, blocks):
    spool = BlocksSpool(tmp_path / "other", num_images=1, num_blocks=2)

    spool.append(np.asfortranarray(blocks[1]))

    np.testing.assert_array_equal(spool.read(0), blocks[1])


def test_a_missing_image_is_noticed(tmp_path, blocks):
    spool = BlocksSpool(tmp_path / "other", num_images=3, num_blocks=2)
    spool.append(blocks[0])

    with pytest.raises(ValueError, match="1 images were denoised; expected 3"):
        spool.check_complete()
