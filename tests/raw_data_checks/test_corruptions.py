"""Every way to break a small sound data set, and what the doctor calls it.

docs/doctor.md has the same table; a test keeps the two in step.
"""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from scipy.io import loadmat, savemat

from cbsn_pipeline.formats.images import read_rgb, write_png

DOCS = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"
SIDD, BLOCKS, DND = "SIDD_Medium_Srgb", "sidd", "dnd_2017"
SCENES = (
    "0001_001_S6_00100_00060_3200_L",
    "0002_001_GP_01600_00350_5500_N",
    "0003_002_IP_00800_00350_5500_N",
)
FIRST = f"{SIDD}/Data/{SCENES[0]}/0001_NOISY_SRGB_010.PNG"
CLEAN = FIRST.replace("NOISY", "GT")
NOISY_MAT = f"{BLOCKS}/ValidationNoisyBlocksSrgb.mat"
CLEAN_MAT = f"{BLOCKS}/ValidationGtBlocksSrgb.mat"
IMAGE = f"{DND}/images_srgb/0001.mat"
QUICK, THOROUGH = False, True
WORDS_OF_READERS = {  # and of the libraries behind them: may differ between versions
    *("damaged_image", "damaged_mat", "damaged_info", "bad_values", "wrong_shape"),
    *("empty_file", "not_the_data", "no_photos", "boxes_do_not_fit"),
}


@dataclass(frozen=True)
class Case:
    """One corruption: how it is done, to which data set, and what must be found."""

    do: object
    data_set: str
    thorough: bool
    severity: str
    code: str


CASES = {}


def corruption(text, data_set, thorough, severity, code):
    """Register a function that breaks the data below a folder."""

    def register(do):
        CASES[text] = Case(do, data_set, thorough, severity, code)
        return do

    return register


def cut(path, part=0.6):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])


def move(root, old, new):
    (root / new).parent.mkdir(parents=True, exist_ok=True)
    (root / old).rename(root / new)


def read_mat(path):
    content = loadmat(path)
    return next(value for name, value in content.items() if name[0] != "_")


def change_blocks(path, change):
    """Rewrite the array of a file of blocks."""
    savemat(path, {path.stem: change(read_mat(path))})


# --- SIDD-Medium -----------------------------------------------------------------


@corruption(
    "SIDD folder missing, another name beside", "sidd", QUICK, "error", "missing"
)
def _(root, write):
    move(root, SIDD, "SIDD-Medium-sRGB")


@corruption("scene folder renamed", "sidd", QUICK, "error", "misnamed_scene")
def _(root, write):
    move(root, f"{SIDD}/Data/{SCENES[0]}", f"{SIDD}/Data/S6_scene_1")


@corruption("Gt for GT in a file name", "sidd", QUICK, "warning", "misnamed_image")
def _(root, write):
    move(root, CLEAN, CLEAN.replace("GT", "Gt"))


@corruption("copy by a file manager", "sidd", QUICK, "warning", "misnamed_image")
def _(root, write):
    shutil.copy(root / FIRST, root / FIRST.replace("010.PNG", "010 (1).PNG"))


@corruption("unzipped in two places", "sidd", QUICK, "error", "data_set_twice")
def _(root, write):
    shutil.copytree(root / SIDD / "Data", root / SIDD / "copy" / "Data")


@corruption("Data under mnt/d, as zipped", "sidd", QUICK, "note", "nested")
def _(root, write):
    move(root, f"{SIDD}/Data", f"{SIDD}/mnt/d/SIDD_Medium_Srgb/Data")


@corruption("SIDD-Small for Medium", "medium", QUICK, "error", "sidd_small")
def _(root, write):
    for file in (root / SIDD).rglob("*.PNG"):
        file.rename(file.with_name(file.name[5:]))


@corruption("raw-RGB files for sRGB", "sidd", QUICK, "error", "raw_rgb_files")
def _(root, write):
    for file in (root / SIDD).rglob("*.PNG"):
        file.rename(file.with_name(file.name.replace("SRGB", "RAW")[:-3] + "MAT"))


@corruption("still zipped", "sidd", QUICK, "error", "still_zipped")
def _(root, write):
    shutil.rmtree(root / SIDD / "Data")
    with zipfile.ZipFile(root / SIDD / "all.zip", "w") as archive:
        archive.writestr("Data/x", "x")


@corruption("zip of another size", "sidd", QUICK, "error", "zip_incomplete")
def _(root, write):
    (root / SIDD / "SIDD_Medium_Srgb.zip").write_bytes(b"PK\x03\x04" + bytes(996))


@corruption("unzipped by half", "medium", QUICK, "error", "wrong_count")
def _(root, write):
    shutil.rmtree(root / SIDD / "Data" / SCENES[2])


@corruption("clean images only", "sidd", QUICK, "error", "no_noisy_images")
def _(root, write):
    for file in (root / SIDD).rglob("*NOISY*"):
        file.unlink()


@corruption("clean image removed", "sidd", QUICK, "warning", "clean_twin_missing")
def _(root, write):
    (root / CLEAN).unlink()


@corruption("noisy image removed", "sidd", QUICK, "warning", "noisy_twin_missing")
def _(root, write):
    (root / FIRST).unlink()


@corruption(
    "image in the folder of another scene", "sidd", QUICK, "warning", "instance_differs"
)
def _(root, write):
    name = f"{SIDD}/Data/{SCENES[1]}/0001_NOISY_SRGB_010.PNG"
    move(root, FIRST, name)


@corruption(
    "validation scene copied in", "sidd", QUICK, "warning", "scored_scenes_in_training"
)
def _(root, write):
    move(
        root, f"{SIDD}/Data/{SCENES[0]}", f"{SIDD}/Data/0009_001_S6_00800_00350_3200_L"
    )


@corruption("PNG cut off", "sidd", QUICK, "error", "damaged_image")
def _(root, write):
    cut(root / FIRST)


@corruption("one byte of a PNG changed", "sidd", THOROUGH, "error", "damaged_image")
def _(root, write):
    content = bytearray((root / FIRST).read_bytes())
    content[len(content) // 2] ^= 255
    (root / FIRST).write_bytes(content)


@corruption("PNG of 0 bytes", "sidd", QUICK, "error", "empty_file")
def _(root, write):
    (root / FIRST).write_bytes(b"")


@corruption("Git LFS pointer", "sidd", QUICK, "error", "not_the_data")
def _(root, write):
    (root / FIRST).write_text("version https://git-lfs.github.com/spec/v1\n")


@corruption("link that leads nowhere", "sidd", QUICK, "error", "broken_link")
def _(root, write):
    (root / FIRST).unlink()
    (root / FIRST).symlink_to(root / "unmounted.PNG")


@corruption("link to itself", "sidd", QUICK, "error", "broken_link")
def _(root, write):
    (root / FIRST).unlink()
    (root / FIRST).symlink_to(root / FIRST)


@corruption("link back to the folder", "sidd", QUICK, "note", "link_loop")
def _(root, write):
    (root / SIDD / "Data" / "again").symlink_to(root / SIDD)


@corruption("16-bit PNG", "sidd", QUICK, "error", "wrong_dtype")
def _(root, write):
    write_png(root / FIRST, read_rgb(root / FIRST).astype(np.uint16) * 257)


@corruption("clean image of another size", "sidd", QUICK, "error", "unequal_sizes")
def _(root, write):
    write_png(root / CLEAN, read_rgb(root / CLEAN)[:, :40])


@corruption(
    "noisy image copied over the clean", "sidd", QUICK, "error", "clean_is_noisy"
)
def _(root, write):
    shutil.copy(root / FIRST, root / CLEAN)


@corruption(
    "NOISY and GT swapped", "sidd", THOROUGH, "error", "noisy_and_clean_swapped"
)
def _(root, write):
    move(root, FIRST, "x.PNG")
    move(root, CLEAN, FIRST)
    move(root, "x.PNG", CLEAN)


@corruption(
    "image copied under another frame", "sidd", THOROUGH, "warning", "duplicate"
)
def _(root, write):
    shutil.copy(root / FIRST, root / FIRST.replace("010.", "011."))


# --- SIDD's blocks ---------------------------------------------------------------


@corruption(".mat cut off", "blocks", QUICK, "error", "damaged_mat")
def _(root, write):
    cut(root / NOISY_MAT)


@corruption("web page saved as .mat", "blocks", QUICK, "error", "not_the_data")
def _(root, write):
    (root / NOISY_MAT).write_text("<!DOCTYPE html><title>Log in</title>")


@corruption(
    "clean blocks under the noisy name", "blocks", QUICK, "error", "wrong_variable"
)
def _(root, write):
    shutil.copy(root / CLEAN_MAT, root / NOISY_MAT)


@corruption("raw blocks", "blocks", QUICK, "error", "wrong_dtype")
def _(root, write):
    change_blocks(root / NOISY_MAT, lambda b: b[..., 0].astype(np.float32) / 255)


@corruption("image axis flattened", "blocks", QUICK, "error", "wrong_shape")
def _(root, write):
    change_blocks(root / NOISY_MAT, lambda b: b.reshape(4, 256, 256, 3))


@corruption("half of the images", "blocks", QUICK, "error", "wrong_count")
def _(root, write):
    change_blocks(root / NOISY_MAT, lambda b: b[:1])


@corruption("saved again as v7.3", "blocks", QUICK, "note", "saved_again")
def _(root, write):
    path = root / NOISY_MAT
    blocks = read_mat(path)
    path.unlink()
    write["mat73"](path, **{path.stem: blocks})


@corruption("GT for Gt in a file name", "blocks", QUICK, "note", "gt_spelling")
def _(root, write):
    move(root, CLEAN_MAT, CLEAN_MAT.replace("Gt", "GT"))


@corruption("clean file missing", "blocks", QUICK, "warning", "twin_missing")
def _(root, write):
    (root / CLEAN_MAT).unlink()


@corruption("noisy pixels in both files", "blocks", THOROUGH, "error", "clean_is_noisy")
def _(root, write):
    noisy = read_mat(root / NOISY_MAT)
    change_blocks(root / CLEAN_MAT, lambda b: noisy)


@corruption(
    "pixels of the two files swapped",
    "blocks",
    THOROUGH,
    "error",
    "noisy_and_clean_swapped",
)
def _(root, write):
    noisy, clean = read_mat(root / NOISY_MAT), read_mat(root / CLEAN_MAT)
    change_blocks(root / CLEAN_MAT, lambda b: noisy)
    change_blocks(root / NOISY_MAT, lambda b: clean)


@corruption("block of zeros", "blocks", THOROUGH, "warning", "constant_image")
def _(root, write):
    change_blocks(
        root / NOISY_MAT,
        lambda b: b * np.array([1, 0])[:, None, None, None].astype(np.uint8),
    )


# --- DND -------------------------------------------------------------------------


@corruption("info.mat missing", "dnd", QUICK, "error", "info_missing")
def _(root, write):
    (root / DND / "info.mat").unlink()


@corruption("info.mat cut off", "dnd", QUICK, "error", "damaged_info")
def _(root, write):
    cut(root / DND / "info.mat")


@corruption("image missing", "dnd", QUICK, "error", "images_missing")
def _(root, write):
    (root / IMAGE).unlink()


@corruption("images_raw only", "dnd", QUICK, "error", "raw_images_only")
def _(root, write):
    move(root, f"{DND}/images_srgb", f"{DND}/images_raw")


@corruption("folder in a folder", "dnd", QUICK, "error", "nested")
def _(root, write):
    move(root, DND, "x")
    move(root, "x", f"{DND}/dnd_2017")


@corruption(
    "file of your own among the images", "dnd", QUICK, "warning", "unexpected_file"
)
def _(root, write):
    write["dnd_image"](root / DND / "images_srgb" / "0003.mat")


@corruption("image cut off", "dnd", QUICK, "error", "damaged_mat")
def _(root, write):
    cut(root / IMAGE)


@corruption("raw image for sRGB", "dnd", QUICK, "error", "wrong_variable")
def _(root, write):
    write["dnd_image"](root / IMAGE, name="Inoisy")


@corruption("8-bit image", "dnd", QUICK, "error", "wrong_dtype")
def _(root, write):
    write["dnd_image"](root / IMAGE, np.zeros((24, 32, 3), np.uint8))


@corruption("channels first", "dnd", QUICK, "error", "wrong_shape")
def _(root, write):
    write["dnd_image"](root / IMAGE, np.zeros((3, 24, 32), np.float32))


@corruption("height and width exchanged", "dnd", QUICK, "error", "boxes_do_not_fit")
def _(root, write):
    write["dnd_image"](root / IMAGE, np.zeros((32, 24, 3), np.float32))


@corruption("values in 0..255", "dnd", THOROUGH, "error", "bad_values")
def _(root, write):
    pixels = np.random.default_rng(0).random((24, 32, 3), np.float32)
    write["dnd_image"](root / IMAGE, pixels * 255)


@corruption("NaN in an image", "dnd", THOROUGH, "error", "bad_values")
def _(root, write):
    write["dnd_image"](root / IMAGE, np.full((24, 32, 3), np.nan, np.float32))


@corruption("rounded to 8 bits", "dnd", THOROUGH, "warning", "quantised")
def _(root, write):
    levels = np.random.default_rng(0).integers(0, 256, (24, 32, 3))
    write["dnd_image"](root / IMAGE, (levels / 255).astype(np.float32))


# --- photographs -----------------------------------------------------------------


@corruption(
    "JPEG XL among the photographs", "photos", QUICK, "warning", "unsupported_file"
)
def _(root, write):
    (root / "photos" / "IMG_1.jxl").write_bytes(b"\xff\x0a")


@corruption("only text in the folder", "photos", QUICK, "error", "no_photos")
def _(root, write):
    shutil.rmtree(root / "photos")
    (root / "photos").mkdir()
    (root / "photos" / "notes.txt").write_text("holiday")


@corruption("thumbnail", "photos", QUICK, "warning", "too_small")
def _(root, write):
    write_png(root / "photos" / "a.png", read_rgb(root / "photos" / "a.png")[:16])


@corruption("JPEG cut off", "photos", QUICK, "error", "damaged_image")
def _(root, write):
    cut(root / "photos" / "d.JPG", 0.9)


@corruption("TIFF cut off", "photos", QUICK, "error", "damaged_image")
def _(root, write):
    path = root / "photos" / "e.tif"
    tifffile.imwrite(path, read_rgb(root / "photos" / "a.png"), photometric="rgb")
    cut(path)


@corruption("TIFF of floats", "photos", QUICK, "error", "unsupported_image")
def _(root, write):
    tifffile.imwrite(
        root / "photos" / "e.tif", np.ones((48, 48, 3), "f4"), photometric="rgb"
    )


@corruption("camera raw named .tif", "photos", QUICK, "error", "damaged_image")
def _(root, write):
    (root / "photos" / "e.tif").write_bytes(b"FUJIFILMCCD-RAW 0201")


@corruption("16-bit photograph", "photos", QUICK, "note", "sixteen_bits")
def _(root, write):
    path = root / "photos" / "a.png"
    write_png(path, read_rgb(path).astype(np.uint16) * 257)


@corruption("grey photograph", "photos", QUICK, "note", "grey")
def _(root, write):
    grey = read_rgb(root / "photos" / "a.png")[:, :, 0]
    (root / "photos" / "a.png").write_bytes(cv2.imencode(".png", grey)[1].tobytes())


@corruption("photographs of two sizes", "photos", QUICK, "note", "mixed_sizes")
def _(root, write):
    write_png(root / "photos" / "a.png", read_rgb(root / "photos" / "a.png")[:40])


@corruption("photograph that was blurred", "photos", THOROUGH, "note", "little_noise")
def _(root, write):
    path = root / "photos" / "a.png"
    ramp = np.linspace(60, 190, 48)[:, None] * np.ones((48, 1, 3))
    write_png(path, np.rint(ramp + np.eye(48)[:, :, None] * 3).astype(np.uint8))


@corruption(
    "clean block among the photographs",
    "photos",
    THOROUGH,
    "error",
    "clean_image_in_training",
)
def _(root, write):
    write_png(root / "photos" / "x.png", read_mat(root / CLEAN_MAT)[1, 0])


@corruption(
    "scored block among the photographs",
    "photos",
    THOROUGH,
    "warning",
    "scored_image_in_training",
)
def _(root, write):
    write_png(root / "photos" / "x.png", read_mat(root / NOISY_MAT)[1, 0])


@pytest.fixture
def write(write_mat73, write_dnd_image):
    return {"mat73": write_mat73, "dnd_image": write_dnd_image}


@pytest.mark.parametrize("thorough", [QUICK, THOROUGH])
@pytest.mark.parametrize("name", ["sidd", "blocks", "dnd", "photos"])
def test_sound_data_has_nothing_wrong(findings, name, thorough):
    assert findings(name, thorough=thorough) == []


@pytest.mark.parametrize("text", CASES)
def test_a_corruption_is_found_and_named(findings, data, write, text):
    case = CASES[text]
    case.do(data, write)

    found = findings(case.data_set, thorough=case.thorough)

    finding = next((f for f in found if f.code == case.code), None)
    assert finding, found
    assert finding.severity == case.severity
    begin, says = row(text, finding, data)
    lines = [line for line in DOCS.read_text("utf-8").splitlines() if begin in line]
    assert lines, begin + says
    if finding.code not in WORDS_OF_READERS:
        assert lines == [begin + says]


def row(text, finding, root):
    """A line of the table in docs/doctor.md: what was done and the code, the words."""
    how = ", thorough" if CASES[text].thorough else ""
    begin = f"| {text} | `{finding.code}` ({finding.severity}{how}) | "
    return begin, finding.what.replace(f"{root}/", "") + " |"


def test_the_table_of_the_documents_has_no_other_rows():
    lines = DOCS.read_text("utf-8").split("## Corruptions")[1].splitlines()
    rows = [line.split(" | ")[0][2:] for line in lines if line.startswith("| ")][1:]

    assert rows == list(CASES)
    assert len(rows) >= 40
