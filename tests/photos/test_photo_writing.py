import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from cbsn_pipeline.photos.photo import Metadata, Photo, read_photo
from cbsn_pipeline.photos.writing import format_of, write_photo

EXIF_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif():
    made = Image.Exif()
    made[0x010F], made[0x0110], made[0x8298] = "Maker", "Model 1", "me, myself"
    made.get_ifd(EXIF_DIRECTORY).update({0x8827: 800, 0x9003: "2026:01:02 03:04:05"})
    made.get_ifd(GPS_DIRECTORY).update({1: "N", 2: (51.0, 30.0, 12.5)})
    return made.tobytes().removeprefix(b"Exif\0\0")


def photo(channels=3, dtype=np.uint8, source="nowhere.jpg", **beside):
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 7, channels))
    return Photo(Path(source), "PNG", values.astype(dtype), 2, Metadata(**beside))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_written_is_read_back(tmp_path, suffix, dtype, channels):
    given = photo(channels, dtype)
    path = tmp_path / "new" / f"a{suffix}"

    write_photo(path, given)

    again = read_photo(path)
    assert again.pixels.dtype == dtype
    if suffix == ".png" and channels == 2:  # stored as colours of the same value
        np.testing.assert_array_equal(again.rgb, given.rgb)
        np.testing.assert_array_equal(again.alpha, given.alpha)
    else:
        np.testing.assert_array_equal(again.pixels, given.pixels)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_jpeg_is_close_and_grey_stays_grey(tmp_path, channels, dtype):
    given = photo(channels, dtype)
    smooth = np.full_like(given.pixels, np.iinfo(dtype).max // 3)

    write_photo(tmp_path / "a.jpg", replace(given, pixels=smooth))

    again = read_photo(tmp_path / "a.jpg")
    assert again.pixels.shape == given.pixels.shape
    assert np.abs(again.pixels.astype(int) - 85).max() <= 1


def test_the_colours_of_a_jpeg_are_stored_as_fine_as_grey(tmp_path):
    write_photo(tmp_path / "a.jpg", photo(), quality=80)

    with Image.open(tmp_path / "a.jpg") as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_what_a_camera_said_is_kept(tmp_path, suffix, dtype):
    beside = {"exif": exif(), "icc": PROFILE, "dpi": (300.0, 200.0)}
    path = tmp_path / f"a{suffix}"

    write_photo(path, photo(dtype=dtype, **beside))

    again = read_photo(path).metadata
    kept, given = Image.Exif(), Image.Exif()
    kept.load(again.exif)
    given.load(beside["exif"])
    assert {tag: kept[tag] for tag in (0x010F, 0x0110, 0x8298)} == {
        tag: given[tag] for tag in (0x010F, 0x0110, 0x8298)
    }
    for directory in (EXIF_DIRECTORY, GPS_DIRECTORY):
        assert kept.get_ifd(directory) == given.get_ifd(directory)
    assert again.icc == beside["icc"]
    assert again.dpi == pytest.approx(beside["dpi"], abs=0.02)


def test_the_kind_of_alpha_of_a_tiff_is_kept_and_png_refuses_multiplied_colours(
    tmp_path,
):
    given = replace(photo(4), alpha_kind=1)

    write_photo(tmp_path / "a.tif", given)

    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].extrasamples == (1,)
    with pytest.raises(ValueError, match="multiplied by alpha, which PNG cannot hold"):
        write_photo(tmp_path / "a.png", given)


def test_a_jpeg_cannot_hold_alpha_and_nothing_is_left(tmp_path):
    with pytest.raises(ValueError, match="nowhere.jpg has an alpha channel"):
        write_photo(tmp_path / "a.jpg", photo(4))
    assert not list(tmp_path.iterdir())


def test_a_profile_that_is_none_is_said_and_the_picture_is_written(tmp_path, caplog):
    write_photo(tmp_path / "a.png", photo(icc=b"nonsense"))

    assert "its colour profile is damaged, and not kept" in caplog.text
    np.testing.assert_array_equal(read_photo(tmp_path / "a.png").pixels, photo().pixels)


def test_the_time_of_the_file_is_that_of_its_source(tmp_path):
    source = tmp_path / "source.png"
    source.write_bytes(b"x")
    os.utime(source, ns=(10**18, 10**18))

    write_photo(tmp_path / "a.png", photo(source=source))

    assert (tmp_path / "a.png").stat().st_mtime_ns == 10**18


def test_a_jpeg_that_is_none_is_said_to_lose(tmp_path, caplog):
    write_photo(tmp_path / "a.jpg", photo(source="nowhere.png"))  # chosen: no surprise
    assert not caplog.text

    write_photo(tmp_path / "b.jpg", photo(source="nowhere.jpg"))

    assert "nowhere.jpg has the name of a JPEG and the content of PNG" in caplog.text


def test_the_suffix_says_the_format():
    assert format_of(Path("a.JFIF")) == "jpeg"
    assert format_of(Path("a.TIFF")) == "tiff"
    with pytest.raises(ValueError, match=r"'\.gif'; photographs are written as \.png,"):
        format_of(Path("a.gif"))
    with pytest.raises(ValueError, match="suffix 'of no format'"):
        format_of(Path("a"))
