import struct

import cv2
import numpy as np
import pytest
import tifffile
from kedro.io import DatasetError
from PIL import Image, ImageOps

from cbsn_pipeline.formats.image_formats import Description
from cbsn_pipeline.formats.images import describe, read_rgb


def encoded(suffix, array):
    return cv2.imencode(suffix, array)[1].tobytes()


@pytest.mark.parametrize(
    ("suffix", "shape", "dtype", "header"),
    [
        (".png", (5, 7, 3), "uint8", Description("PNG", 5, 7, 3, "uint8", 1)),
        (".png", (5, 7, 4), "uint8", Description("PNG", 5, 7, 4, "uint8", 1)),
        (".png", (5, 7), "uint16", Description("PNG", 5, 7, 1, "uint16", 1)),
        (".jpg", (5, 7, 3), "uint8", Description("JPEG", 5, 7, 3, "uint8", 1)),
        (".jpg", (5, 7), "uint8", Description("JPEG", 5, 7, 1, "uint8", 1)),
        (".tiff", (5, 7, 3), "uint16", Description("TIFF", 5, 7, 3, "uint16", 1)),
    ],
)
def test_size_depth_and_channels_are_read(tmp_path, suffix, shape, dtype, header):
    path = tmp_path / "image"  # the suffix does not matter
    path.write_bytes(encoded(suffix, np.zeros(shape, dtype)))

    assert describe(path) == header


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff"])
@pytest.mark.parametrize("left", [0.3, 0.7, 0.98])
def test_a_file_that_is_cut_off_is_damaged(tmp_path, noise, suffix, left):
    content = encoded(suffix, noise(40, 40, 3))
    path = tmp_path / "image"
    path.write_bytes(content[: int(len(content) * left)])

    with pytest.raises(DatasetError, match=r"image is truncated or damaged: .* bytes"):
        describe(path)


def test_notes_after_the_end_are_no_damage(tmp_path, noise):
    for suffix in (".png", ".jpg"):
        path = tmp_path / "image"
        path.write_bytes(encoded(suffix, noise(9, 9, 3)) + b"made by a phone")

        assert describe(path).width == 9


def test_the_end_of_a_preview_is_not_that_of_the_image(tmp_path, noise):
    content = encoded(".jpg", noise(64, 64, 3))
    preview = encoded(".jpg", noise(8, 8, 3, seed=1))
    segment = b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview
    whole = content[:2] + segment + content[2:]
    path = tmp_path / "image"
    path.write_bytes(whole)
    assert describe(path).height == 64

    path.write_bytes(whole[:-100])
    with pytest.raises(DatasetError, match="premature end of data segment"):
        describe(path)


def test_another_format_is_named_by_its_bytes(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"FUJIFILMCCD-RAW")

    with pytest.raises(DatasetError, match="not a PNG, JPEG, TIFF.*b'FUJIFILM'"):
        describe(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(4),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"\xff\xd8\xff\xe0\x00\x04ab" + b"xxxx",
        b"\xff\xd8\xff\xc0\x00\x09\x08",
        b"\xff\xd8\xff\xe0\x00\x02\xff\xda\x00\x02",
        b"II*\x00" + b"\xff" * 40,
    ],
)
def test_a_damaged_header_is_an_error(tmp_path, content):
    path = tmp_path / "image"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match="image is truncated or damaged: .+ bytes"):
        describe(path)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_every_orientation_is_turned_as_pillow_turns_it(tmp_path, orientation, suffix):
    blocks = np.arange(6, dtype=np.uint8).reshape(2, 3).repeat(16, 0).repeat(16, 1)
    image = Image.fromarray(np.stack([blocks * 40, 255 - blocks * 40, blocks], -1))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    if suffix == ".tif":
        image.save(path, tiffinfo={0x0112: orientation})
    else:
        image.save(path, exif=exif, **({"quality": 100} if suffix == ".jpg" else {}))

    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)), int)

    assert describe(path).orientation == orientation
    assert np.abs(read_rgb(path) - expected).max() <= (2 if suffix == ".jpg" else 0)


def test_a_jpeg_that_lacks_its_middle_is_damaged(tmp_path, noise):
    content = encoded(".jpg", noise(200, 300, 3))
    third = len(content) // 3
    path = tmp_path / "a.jpg"
    path.write_bytes(content[:third] + content[2 * third :])

    with pytest.raises(DatasetError, match="damaged: premature end of data segment"):
        read_rgb(path)


def test_a_jpeg_whose_end_is_zeros_is_damaged(tmp_path, noise):
    content = encoded(".jpg", noise(200, 300, 3))
    half = len(content) // 2
    path = tmp_path / "a.jpg"
    path.write_bytes(content[:half] + bytes(len(content) - half))

    with pytest.raises(DatasetError, match="damaged: .* extraneous bytes"):
        read_rgb(path)


def test_a_jpeg_that_lacks_only_the_mark_of_its_end_is_read(tmp_path, noise):
    content = encoded(".jpg", noise(40, 40, 3))
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    whole = read_rgb(path)

    path.write_bytes(content[:-2])

    np.testing.assert_array_equal(read_rgb(path), whole)


def test_a_progressive_jpeg_without_its_end_may_lack_scans(tmp_path, noise):
    path = tmp_path / "a.jpg"
    Image.fromarray(noise(40, 40, 3)).save(path, progressive=True)
    path.write_bytes(path.read_bytes()[:-2])

    with pytest.raises(DatasetError, match="the mark of its end, EOI, is missing"):
        describe(path)


def tiff(path, array, **options):
    tifffile.imwrite(path, array, **options)
    return path


RGB = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
FIVE = np.zeros((4, 4, 5), np.uint8)
REFUSED = {
    "int16": (RGB.astype(np.int16), {"photometric": "rgb"}, "holds int16 values"),
    "int8": (RGB.astype(np.int8), {"photometric": "rgb"}, "holds int8 values"),
    "uint32": (RGB.astype(np.uint32), {"photometric": "rgb"}, "holds uint32 values"),
    "uint64": (RGB.astype(np.uint64), {"photometric": "rgb"}, "holds uint64 values"),
    "float16": (RGB.astype(np.float16), {"photometric": "rgb"}, "holds float16 val"),
    "float32": (RGB.astype(np.float32), {"photometric": "rgb"}, "holds float32 val"),
    "float64": (RGB.astype(np.float64), {"photometric": "rgb"}, "holds float64 val"),
    "lab": (RGB, {"photometric": "cielab"}, "its colours are CIELAB"),
    "cmyk": (np.zeros((4, 4, 4), np.uint8), {"photometric": "separated"}, "SEPARATED"),
    "five": (FIVE, {"photometric": "rgb", "planarconfig": "contig"}, "has 5 channels"),
    "pages": (np.zeros((3, 4, 4, 3), np.uint8), {"photometric": "rgb"}, "of 3 pages"),
    "ycbcr": (RGB, {"photometric": "ycbcr"}, "its colours are YCBCR"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_tiff_of_another_kind_is_refused_by_name(tmp_path, kind):
    array, options, words = REFUSED[kind]
    path = tiff(tmp_path / "a.tif", array, **options)

    with pytest.raises(DatasetError, match=rf"a.tif is not read: .*{words}"):
        describe(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", ["unassalpha", "assocalpha"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_colours_beside_alpha_come_as_stored(tmp_path, dtype, alpha, planes):
    image = np.random.default_rng(0).integers(0, 255, (5, 7, 4)).astype(dtype)
    stored = image if planes == "contig" else image.transpose(2, 0, 1)
    options = {"photometric": "rgb", "planarconfig": planes, "extrasamples": [alpha]}
    path = tiff(tmp_path / "a.tif", stored, **options)

    assert describe(path).channels == 4
    np.testing.assert_array_equal(read_rgb(path), image[..., :3])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_whose_zero_is_white_is_no_negative(tmp_path, dtype):
    grey = np.arange(20, dtype=dtype).reshape(4, 5)
    path = tiff(tmp_path / "a.tif", grey, photometric="miniswhite")

    white = np.iinfo(dtype).max
    np.testing.assert_array_equal(read_rgb(path)[..., 1], white - grey)


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "lzma", "zstd"])
def test_compressed_tiff_files_come_back_as_they_were(tmp_path, noise, compression):
    image = noise(40, 30, 3)
    path = tiff(tmp_path / "a.tif", image, photometric="rgb", compression=compression)

    np.testing.assert_array_equal(read_rgb(path), image)


def test_a_tiff_compressed_as_jpeg_comes_as_rgb(tmp_path):
    image = np.full((32, 32, 3), (200, 100, 30), np.uint8)
    path = tiff(tmp_path / "a.tif", image, photometric="rgb", compression="jpeg")

    assert np.abs(read_rgb(path).astype(int) - image).max() <= 3


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_palette_and_one_bit_are_what_pillow_sees(tmp_path, noise, mode, suffix):
    image = Image.fromarray(noise(9, 13, 3)).convert(mode)
    path = tmp_path / f"a{suffix}"
    image.save(path)

    expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(read_rgb(path), expected)


def test_the_photograph_is_read_not_its_thumbnail(tmp_path, noise):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(noise(4, 4, 3), photometric="rgb", subfiletype=1)
        file.write(noise(16, 16, 3, seed=1), photometric="rgb")

    np.testing.assert_array_equal(read_rgb(path), noise(16, 16, 3, seed=1))


def test_an_animated_png_and_inks_for_printing_are_refused(tmp_path, noise):
    frames = [Image.fromarray(noise(8, 8, 3, seed=n)) for n in range(3)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    Image.fromarray(noise(8, 8, 4), "CMYK").save(tmp_path / "b.jpg")

    with pytest.raises(DatasetError, match="an animated PNG of 3 pictures"):
        describe(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="its colours are CMYK"):
        describe(tmp_path / "b.jpg")
