from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cbsn_pipeline.photos.photo import Photo, read_photo

EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825


def photo(channels, dtype=np.uint8, size=(5, 7)):
    values = np.random.default_rng(0).integers(
        0, np.iinfo(dtype).max, (*size, channels)
    )
    return Photo(Path("a.png"), "PNG", values.astype(dtype))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours_and_alpha_are_told_apart(channels):
    given = photo(channels)

    assert given.rgb.shape == (5, 7, 3)
    assert given.is_grey == (channels < 3)
    assert (given.alpha is None) == (channels in (1, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_same_colours_give_the_same_photograph(channels, dtype):
    given = photo(channels, dtype)

    same = given.with_rgb(given.rgb)

    np.testing.assert_array_equal(same.pixels, given.pixels)
    assert same.pixels.dtype == dtype


def test_grey_takes_no_tint():
    given = photo(1)
    half = given.pixels[..., 0] // 2
    tinted = np.stack([half, half + 30, half], -1)

    grey = given.with_rgb(tinted)

    assert grey.pixels.shape == (5, 7, 1)
    luma = tinted @ [0.299, 0.587, 0.114]
    np.testing.assert_array_equal(grey.pixels[..., 0], np.rint(luma))


def test_alpha_is_as_it_was():
    given = photo(4)

    changed = given.with_rgb(255 - given.rgb)

    np.testing.assert_array_equal(changed.pixels[..., 3], given.pixels[..., 3])
    np.testing.assert_array_equal(changed.rgb, 255 - given.rgb)


def test_what_a_camera_says_is_read_upright_and_without_a_preview(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif.get_ifd(EXIF_DIRECTORY).update({0x8827: 800, 0xA002: 16, 0xA003: 8})
    exif.get_ifd(GPS_DIRECTORY)[1] = "N"
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 3), dtype=np.uint8)
    path = tmp_path / "a.jpg"
    Image.fromarray(pixels).save(path, exif=exif, icc_profile=b"icc", dpi=(300, 200))

    given = read_photo(path)

    kept = Image.Exif()
    kept.load(given.metadata.exif)
    assert given.pixels.shape == (16, 8, 3)
    assert kept[0x010F] == "Maker"
    assert 0x0112 not in kept
    assert kept.get_ifd(EXIF_DIRECTORY) == {0x8827: 800, 0xA002: 8, 0xA003: 16}
    assert kept.get_ifd(GPS_DIRECTORY)[1] == "N"
    assert given.metadata.icc == b"icc"
    assert given.metadata.dpi == (300, 200)


def test_metadata_that_cannot_be_read_is_said_and_the_pixels_are_read(tmp_path, caplog):
    path = tmp_path / "a.tif"
    pixels = np.zeros((4, 4, 3), np.uint8)
    # Pillow knows no TIFF of this compression; tifffile does
    tifffile.imwrite(path, pixels, photometric="rgb", compression="lerc")

    assert read_photo(path).pixels.shape == (4, 4, 3)
    assert "EXIF or profile are not kept" in caplog.text


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_the_kind_of_alpha_is_kept(tmp_path, kind):
    path = tmp_path / "a.tif"
    pixels = np.zeros((4, 4, 4), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", extrasamples=[kind])

    assert read_photo(path).alpha_kind == {"unassalpha": 2, "assocalpha": 1}[kind]
