import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from kedro.io import DatasetError
from PIL import Image

from cbsn_pipeline.formats.images import encode_png, read_rgb, write_png


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def write_chunks(path, **chunks):
    """Write a PNG of these chunks, with the checksums that fit."""
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks.items():
        kind = name.encode()
        checksum = zlib.crc32(kind + data)
        content += struct.pack(">I", len(data)) + kind + data
        content += struct.pack(">I", checksum)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".tif", ".tiff"])
def test_lossless_formats_come_back_as_rgb(tmp_path, noise, suffix):
    image = noise(7, 5, 3)

    read = read_rgb(save(tmp_path / f"a{suffix}", image))

    np.testing.assert_array_equal(read, image)
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous


def test_a_jpeg_decodes_close_to_what_was_saved(tmp_path):
    image = np.full((16, 24, 3), (200, 100, 30), np.uint8)

    read = read_rgb(save(tmp_path / "a.jpg", image, quality=95))

    assert np.abs(read.astype(int) - image).max() <= 3


def test_alpha_is_dropped_and_grey_repeated(tmp_path, noise):
    rgba, grey = noise(7, 5, 4), noise(7, 5)

    with_alpha = read_rgb(save(tmp_path / "a.png", rgba))
    from_grey = read_rgb(save(tmp_path / "b.png", grey))

    np.testing.assert_array_equal(with_alpha, rgba[..., :3])
    np.testing.assert_array_equal(from_grey, np.repeat(grey[..., None], 3, axis=-1))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_stay_sixteen_bits(tmp_path, suffix):
    image = np.random.default_rng(0).integers(0, 65536, (7, 5, 3), dtype=np.uint16)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(cv2.imencode(suffix, image[..., ::-1])[1].tobytes())

    np.testing.assert_array_equal(read_rgb(path), image)


def test_sixteen_bits_in_separate_planes_come_back(tmp_path):
    image = np.random.default_rng(0).integers(0, 65536, (3, 7, 5), dtype=np.uint16)
    path = tmp_path / "a.tiff"
    tifffile.imwrite(path, image, photometric="rgb", planarconfig="separate")

    np.testing.assert_array_equal(read_rgb(path), image.transpose(1, 2, 0))


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_tiff_files_of_another_writer_come_back_as_they_were(
    tmp_path, noise, planes, compression
):
    image = noise(7, 5, 3)
    stored = image if planes == "contig" else image.transpose(2, 0, 1)
    path = tmp_path / "a.tiff"
    tifffile.imwrite(
        path, stored, photometric="rgb", planarconfig=planes, compression=compression
    )

    np.testing.assert_array_equal(read_rgb(path), image)


def test_the_format_is_told_from_the_bytes_not_the_suffix(tmp_path, noise):
    path = save(tmp_path / "a.png", noise(7, 5, 3))

    assert read_rgb(path.rename(tmp_path / "a.jpg")).shape == (7, 5, 3)


def test_the_orientation_of_a_photograph_is_applied(tmp_path, noise):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: height and width are swapped
    path = save(tmp_path / "a.jpg", noise(8, 16, 3), exif=exif)

    assert read_rgb(path).shape == (16, 8, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("part", [0.01, 0.4, 0.9, 0.999])
def test_a_truncated_image_is_an_error(tmp_path, noise, suffix, part):
    path = save(tmp_path / f"a{suffix}", noise(64, 48, 3))
    content = path.read_bytes()
    path.write_bytes(content[: max(9, int(len(content) * part))])

    with pytest.raises(DatasetError, match=r"truncated or damaged: .* bytes\)"):
        read_rgb(path)


def test_a_truncated_jpeg_is_noticed_behind_a_whole_preview(tmp_path, noise):
    preview = io.BytesIO()
    Image.fromarray(noise(8, 8, 3)).save(preview, "JPEG")
    segment = preview.getvalue()
    path = save(tmp_path / "a.jpg", noise(64, 48, 3))
    content = path.read_bytes()
    app1 = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    with_preview = content[:2] + app1 + content[2:]

    path.write_bytes(with_preview)
    assert read_rgb(path).shape == (64, 48, 3)
    path.write_bytes(with_preview[:-20])
    with pytest.raises(DatasetError, match="premature end of data segment"):
        read_rgb(path)


def test_one_changed_byte_of_a_png_is_noticed(tmp_path, noise):
    path = save(tmp_path / "a.png", noise(64, 48, 3))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(DatasetError, match="damaged: it cannot be decoded"):
        read_rgb(path)


def test_a_png_whose_pixels_do_not_decode_is_an_error(tmp_path):
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    path = write_chunks(tmp_path / "a.png", IHDR=header, IDAT=bytes(20), IEND=b"")

    with pytest.raises(DatasetError, match="it cannot be decoded"):
        read_rgb(path)


def test_other_formats_and_depths_are_refused(tmp_path):
    raw = tmp_path / "a.png"
    raw.write_bytes(b"FUJIFILMCCD-RAW ")
    floating = tmp_path / "b.tiff"
    pixels = np.zeros((4, 4, 3), np.float32)
    floating.write_bytes(cv2.imencode(".tiff", pixels)[1].tobytes())

    with pytest.raises(DatasetError, match="not a PNG, JPEG, TIFF.*raw file"):
        read_rgb(raw)
    with pytest.raises(DatasetError, match="holds float32 values; 8 or 16 bits"):
        read_rgb(floating)
    with pytest.raises(DatasetError, match=r"not exist; expected an image \(PNG"):
        read_rgb(tmp_path / "c.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_written_is_read_back(tmp_path, dtype):
    image = np.random.default_rng(0).integers(0, 200, (5, 9, 3)).astype(dtype)

    write_png(tmp_path / "new" / "a.png", image)

    np.testing.assert_array_equal(read_rgb(tmp_path / "new" / "a.png"), image)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.png"]


def test_only_quantised_rgb_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"needs \(H, W, 3\) RGB, got \(4, 4\)"):
        write_png(tmp_path / "a.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="uint8 or uint16, got float32"):
        encode_png(np.zeros((4, 4, 3), np.float32))
    assert not list(tmp_path.iterdir())
