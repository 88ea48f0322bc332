"""WebP, AVIF, BMP, HEIC and camera raw."""

import sys

import cv2
import numpy as np
import pytest
import tifffile
from kedro.io import DatasetError
from PIL import Image

from cbsn_pipeline.formats.image_formats import heif, raw
from cbsn_pipeline.formats.images import describe, read_pixels, read_rgb


@pytest.fixture
def smooth():
    """Pixels that a lossy format changes little."""
    small = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return cv2.resize(small, (64, 48), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize(
    ("suffix", "options", "most"),
    [
        ("bmp", {}, 0),
        ("webp", {"lossless": True}, 0),
        ("webp", {"quality": 95}, 16),
        ("avif", {"quality": 95}, 16),
    ],
)
def test_other_formats_come_as_rgb(tmp_path, smooth, suffix, options, most):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(smooth).save(path, **options)

    assert describe(path).format == suffix.upper()
    assert np.abs(read_rgb(path).astype(int) - smooth).max() <= most


@pytest.mark.parametrize("suffix", ["bmp", "webp", "avif"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_file_that_is_cut_off_is_damaged(tmp_path, noise, suffix, part):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise(64, 48, 3)).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])

    with pytest.raises(DatasetError, match="truncated or damaged"):
        read_rgb(path)


def test_an_animation_is_refused(tmp_path, noise):
    frames = [Image.fromarray(noise(8, 8, 3, seed=n)) for n in range(3)]
    path = tmp_path / "a.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:])

    with pytest.raises(DatasetError, match="an animation of 3 pictures"):
        describe(path)


def test_an_avif_of_ten_bits_is_refused(tmp_path, smooth):
    path = tmp_path / "a.avif"
    ten_bits = smooth.astype(np.uint16) * 4
    written = cv2.imencode(".avif", ten_bits, [cv2.IMWRITE_AVIF_DEPTH, 10])[1]
    path.write_bytes(written.tobytes())

    with pytest.raises(DatasetError, match="more than 8 bits per channel"):
        describe(path)


@pytest.mark.parametrize("deep", [False, True])
def test_heic_is_read_in_its_depth(tmp_path, smooth, deep):
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "a.heic"
    pixels = smooth.astype(np.uint16) * 257 if deep else smooth
    mode = "RGB;16" if deep else "RGB"
    height, width = smooth.shape[:2]
    made = pillow_heif.from_bytes(mode, (width, height), pixels.tobytes())
    made.save(path, quality=95)

    found = describe(path)
    assert (found.format, found.dtype) == ("HEIF", "uint16" if deep else "uint8")
    white = 65535 if deep else 255
    difference = read_pixels(path, found) / white - smooth / 255
    assert np.abs(difference).mean() < 0.02


def write_dng(path, mosaic):
    """Write a mosaic of red, green and blue as a small raw file."""
    identity = (1, 1, 0, 1, 0, 1, *(0, 1, 1, 1, 0, 1), *(0, 1, 0, 1, 1, 1))
    tags = [
        (50706, "B", 4, b"\x01\x04\x00\x00", True),  # version of DNG
        (50708, "s", 0, "A camera", True),
        (33421, "H", 2, (2, 2), True),  # the pattern repeats by 2 x 2
        (33422, "B", 4, b"\x00\x01\x01\x02", True),  # red green, green blue
        (50721, "2i", 9, identity, True),  # from XYZ to the camera's colours
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),  # a neutral white
        (50717, "I", 1, 65535, True),  # the white level
    ]
    tifffile.imwrite(path, mosaic, photometric=32803, extratags=tags, metadata=None)
    return path


def test_a_raw_file_is_developed_to_sixteen_bits(tmp_path):
    pytest.importorskip("rawpy")
    mosaic = np.full((64, 96), 20000, np.uint16)
    path = write_dng(tmp_path / "a.DNG", mosaic)

    found = describe(path)
    pixels = read_rgb(path)

    assert (found.format, found.dtype) == ("RAW", "uint16")
    assert pixels.shape == (found.height, found.width, 3)
    assert pixels.dtype == np.uint16
    assert pixels.std() < 2000  # one grey all over


@pytest.mark.parametrize(
    ("library", "reader", "extra"),
    [("pillow_heif", heif, "heic"), ("rawpy", raw, "raw")],
)
def test_without_its_library_the_extra_is_named(
    tmp_path, monkeypatch, library, reader, extra
):
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(Exception, match=rf"pip install 'cbsn_pipeline\[{extra}\]'"):
        reader.describe(tmp_path / "a")


def test_a_raw_file_that_is_none_is_damaged(tmp_path):
    pytest.importorskip("rawpy")
    path = tmp_path / "a.nef"
    path.write_bytes(b"nothing of the kind")

    with pytest.raises(DatasetError, match="truncated or damaged"):
        describe(path)
