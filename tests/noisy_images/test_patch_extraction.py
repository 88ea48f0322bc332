import logging

import numpy as np
import pytest
from kedro.io import DatasetError

from cbsn_pipeline.formats.images import read_rgb, write_png


def test_patches_are_cut_image_by_image_in_the_order_of_the_grid(
    extraction, photo_folder
):
    cut = list(extraction())

    assert [(c.image, c.origins.tolist()) for c in cut] == [
        (0, [[0, 0], [0, 5], [5, 0], [5, 5], [10, 0], [10, 5]]),
        (2, [[0, 0]]),
    ]
    image = read_rgb(photo_folder / "a.png")
    np.testing.assert_array_equal(cut[0].patches[5], image[10:18, 5:13])
    np.testing.assert_array_equal(
        cut[1].patches, read_rgb(photo_folder / "c.png")[None]
    )


def test_number_and_type_are_known_before_anything_is_decoded(extraction, monkeypatch):
    wanted = extraction()
    monkeypatch.setattr("cbsn_pipeline.formats.images.read_rgb", None)

    assert len(wanted) == 7
    assert wanted.shape == (7, 8, 8, 3)
    assert wanted.dtype == np.uint8
    assert wanted.patch_bytes == 192


def test_one_sixteen_bit_image_makes_all_patches_float_in_unit_range(
    extraction, photo_folder
):
    write_png(photo_folder / "d.png", np.full((8, 8, 3), 65535, np.uint16))

    wanted = extraction()
    cut = list(wanted)

    assert wanted.dtype == np.float32
    assert cut[0].patches.dtype == np.float32
    assert cut[0].patches.max() <= 1
    assert (cut[2].patches == 1).all()
    first = read_rgb(photo_folder / "a.png")[:8, :8] / np.float32(255)
    np.testing.assert_array_equal(cut[0].patches[0], first)


def test_the_fingerprint_changes_with_data_and_options_not_with_workers(
    extraction, photo_folder
):
    known = extraction().fingerprint
    assert extraction().fingerprint == known
    for change in ({"stride": 4}, {"patch_size": 7}, {"border": 1}):
        assert extraction(**change).fingerprint != known
    assert extraction(compression="lzf").fingerprint != known

    write_png(photo_folder / "c.png", np.zeros((8, 8, 3), np.uint8))
    assert extraction().fingerprint != known


def test_images_too_small_are_named(extraction, caplog):
    caplog.set_level(logging.WARNING)

    extraction()

    assert "1 of 3 images are smaller than 8x8 pixels" in caplog.text
    assert "b.png (7x30)" in caplog.text


def test_all_too_small_is_an_error_that_names_the_options(extraction):
    with pytest.raises(ValueError, match=r"needs 36x36 .*Lower patches\.patch_size"):
        extraction(patch_size=32, border=2)


def test_an_image_of_another_size_than_ingested_is_an_error(
    extraction, photo_folder, noise
):
    manifest = extraction().manifest
    write_png(photo_folder / "c.png", noise(9, 8, 3))

    with pytest.raises(DatasetError, match=r"c\.png is not the one that was ingested:"):
        list(extraction(manifest))


def test_an_image_of_other_pixels_than_ingested_is_an_error(
    extraction, photo_folder, noise
):
    manifest = extraction().manifest
    write_png(photo_folder / "c.png", noise(8, 8, 3, seed=9))

    with pytest.raises(DatasetError, match="its pixels have another hash"):
        list(extraction(manifest))


def test_new_or_missing_images_are_an_error(extraction, photo_folder, noise):
    manifest = extraction().manifest
    write_png(photo_folder / "d.png", noise(8, 8, 3))
    with pytest.raises(DatasetError, match=r"1 are new and 0 are gone.*d\.png"):
        extraction(manifest)

    (photo_folder / "d.png").unlink()
    (photo_folder / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"0 are new and 1 are gone.*a\.png"):
        extraction(manifest)
