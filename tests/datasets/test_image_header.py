import struct

import cv2
import numpy as np
import pytest
import tifffile
from kedro.io import DatasetError

from cbsn_pipeline.datasets.image_header import ImageHeader, read_header


def encoded(suffix, array):
    return cv2.imencode(suffix, array)[1].tobytes()


@pytest.mark.parametrize(
    ("suffix", "shape", "dtype", "header"),
    [
        (".png", (5, 7, 3), "uint8", ImageHeader("PNG", 5, 7, 3, "uint8")),
        (".png", (5, 7, 4), "uint8", ImageHeader("PNG", 5, 7, 4, "uint8")),
        (".png", (5, 7), "uint16", ImageHeader("PNG", 5, 7, 1, "uint16")),
        (".jpg", (5, 7, 3), "uint8", ImageHeader("JPEG", 5, 7, 3, "uint8")),
        (".jpg", (5, 7), "uint8", ImageHeader("JPEG", 5, 7, 1, "uint8")),
        (".tiff", (5, 7, 3), "uint16", ImageHeader("TIFF", 5, 7, 3, "uint16")),
    ],
)
def test_size_depth_and_channels_are_read(tmp_path, suffix, shape, dtype, header):
    path = tmp_path / "image"  # the suffix does not matter
    path.write_bytes(encoded(suffix, np.zeros(shape, dtype)))

    assert read_header(path) == header


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff"])
@pytest.mark.parametrize("left", [0.3, 0.7, 0.98])
def test_a_file_that_is_cut_off_is_damaged(tmp_path, noise, suffix, left):
    content = encoded(suffix, noise(40, 40, 3))
    path = tmp_path / "image"
    path.write_bytes(content[: int(len(content) * left)])

    with pytest.raises(DatasetError, match=r"image is truncated or damaged: .* bytes"):
        read_header(path)


def test_notes_after_the_end_are_no_damage(tmp_path, noise):
    for suffix in (".png", ".jpg"):
        path = tmp_path / "image"
        path.write_bytes(encoded(suffix, noise(9, 9, 3)) + b"made by a phone")

        assert read_header(path).width == 9


def test_the_end_of_a_preview_is_not_that_of_the_image(tmp_path, noise):
    content = encoded(".jpg", noise(64, 64, 3))
    preview = encoded(".jpg", noise(8, 8, 3, seed=1))
    segment = b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview
    whole = content[:2] + segment + content[2:]
    path = tmp_path / "image"
    path.write_bytes(whole)
    assert read_header(path).height == 64

    path.write_bytes(whole[:-100])
    with pytest.raises(DatasetError, match="the mark of its end, EOI, is missing"):
        read_header(path)


def test_floating_point_is_told(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 6, 3), np.float32), photometric="rgb")

    assert read_header(path).dtype == "float32"


def test_another_format_is_named_by_its_bytes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"FUJIFILMCCD-RAW")

    with pytest.raises(DatasetError, match="not a PNG, JPEG or TIFF .*b'FUJIFILM'"):
        read_header(path)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(4), "its header is cut off"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "its header is not that of a PNG"),
        (b"\xff\xd8\xff\xe0\x00\x04ab" + b"xxxx", "do not follow each other"),
        (b"\xff\xd8\xff\xc0\x00\x09\x08", "its header is cut off"),
        (b"\xff\xd8\xff\xe0\x00\x02\xff\xda\x00\x02", "its size is missing"),
        (b"II*\x00" + b"\xff" * 40, "truncated or damaged"),
    ],
)
def test_a_damaged_header_says_what_is_wrong(tmp_path, content, detail):
    path = tmp_path / "image"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=detail):
        read_header(path)
